import tseslint from "typescript-eslint";
import { rules } from "../clients/eslint_rules.js";

export default tseslint.config(
  { ignores: ["node_modules/"] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["eslint.config.js"] } } },
    rules,
  },
  { files: ["eslint.config.js"], extends: [tseslint.configs.disableTypeChecked] },
);
