import tseslint from "typescript-eslint";
import { rulesOfPixels } from "../eslint_rules.js";

export default tseslint.config(
  { ignores: ["dist/"] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["*.js"] } } },
    rules: rulesOfPixels,
  },
  { files: ["*.js"], extends: [tseslint.configs.disableTypeChecked] },
);
