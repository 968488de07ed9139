// Convex's rules, with the plugin and the parser of the project that is looked at (the current folder).
import { createRequire } from "node:module";
import path from "node:path";

const fromProject = createRequire(path.join(process.cwd(), "package.json"));
const loaded = fromProject("@convex-dev/eslint-plugin");
const plugin = loaded.default ?? loaded;
// One configuration, a list of them, or one with overrides: by the plugin's version.
const listed = [plugin.configs.recommended].flat().flatMap((it) => [it, ...(it.overrides ?? [])]);
const rules = Object.assign({}, ...listed.map((it) => it.rules ?? {}));
// It wants every variable declared in convex.config.ts, which is not how request_secret adds one.
delete rules["@convex-dev/no-process-env"];

export default [
  { ignores: ["convex/_generated/**"] },
  {
    files: ["convex/**/*.ts"],
    plugins: { "@convex-dev": plugin },
    rules,
    languageOptions: {
      parser: fromProject("@typescript-eslint/parser"),
      parserOptions: { project: "convex/tsconfig.json", tsconfigRootDir: process.cwd() },
    },
    linterOptions: { reportUnusedDisableDirectives: "off" },
  },
];
