import tseslint from "typescript-eslint";
import { rules } from "../eslint_rules.js";

export default tseslint.config(
  { ignores: ["dist/", "src/schema.ts"] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["*.js"] } } },
    rules,
  },
  { files: ["*.js"], extends: [tseslint.configs.disableTypeChecked] },
);
