/** The rules of ESLint that the page and the packages of clients share, besides those of typescript-eslint. */
export const rules = {
  // a number or a boolean in a template string is what it looks like
  "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
  "complexity": ["error", 10],
  "max-lines": ["error", 300],
  "max-lines-per-function": ["error", 60],
  "no-eval": "error",
  "no-implied-eval": "error",
};

/** Those of code that loops over pixels: indices are checked by noUncheckedIndexedAccess, and a loop asserts its bounds. */
export const rulesOfPixels = { ...rules, "@typescript-eslint/no-non-null-assertion": "off" };
