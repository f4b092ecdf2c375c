import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const NODE_GLOBALS = ["process", "console", "Buffer", "URL", "AbortController", "AbortSignal", "fetch", "performance", "setTimeout"];
const NODE_GLOBALS_MORE = ["clearTimeout", "setInterval", "clearInterval", "setImmediate", "TextDecoder", "TextEncoder", "structuredClone"];

/** Time, chance and the process are handed in as ports; only `os` makes them real and only `main` hands them out. */
const IMPURE = ["process", "setTimeout", "setInterval", "setImmediate", "performance"].map((name) => ({
  name,
  message: "Take it as a parameter (see src/core/ports.ts); only os and main reach for it.",
}));

export default defineConfig(
  { ignores: ["dist/"] },
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "max-params": ["error", 3],
      eqeqeq: "error",
      "no-restricted-syntax": [
        "error",
        { selector: "ExportAllDeclaration", message: "Name what is exported." },
        { selector: "TSEnumDeclaration", message: "Use a union of literals." },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false, fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // Numbers are at home in a message.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // An implementation of an asynchronous port often has nothing to wait for, and must still reject rather than throw.
      "@typescript-eslint/require-await": "off",
      // It takes a field that another turn of the event loop changes for a constant.
      "@typescript-eslint/no-unnecessary-condition": "off",
      // A switch over actions reads best as one `return act()` a case.
      "@typescript-eslint/no-confusing-void-expression": "off",
    },
  },
  {
    // What the page shows stands in a browser, which is its port; what it knows, in `model`, is as pure as the core.
    files: ["src/**/*.ts", "src/**/*.tsx"],
    ignores: ["src/os/**", "src/main/**", "src/wire/zmq/**", "src/client/timer.ts", "src/web/page/*.ts", "src/web/page/*.tsx"],
    rules: {
      "no-restricted-globals": ["error", ...IMPURE],
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: "Take a Clock." },
        { object: "Math", property: "random", message: "Take a Random." },
      ],
    },
  },
  {
    // How many parameters a function of libc has is not ours to choose.
    files: ["src/os/native*.ts"],
    rules: { "max-params": "off" },
  },
  {
    files: ["test/**/*.ts", "bench/**/*.ts"],
    rules: {
      // The runner of node:test waits for tests by itself.
      "@typescript-eslint/no-floating-promises": [
        "error",
        { allowForKnownSafeCalls: [{ from: "package", package: "node:test", name: ["test", "it", "suite", "describe"] }] },
      ],
    },
  },
  {
    files: ["**/*.js"],
    extends: [tseslint.configs.strict],
    languageOptions: { globals: Object.fromEntries([...NODE_GLOBALS, ...NODE_GLOBALS_MORE].map((name) => [name, "readonly"])) },
    rules: {
      eqeqeq: "error",
      "no-undef": "error",
      "no-unreachable": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
);
