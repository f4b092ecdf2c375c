// @ts-check
/**
 * Bundles the console's page into the few files that circushttpd serves: nothing is built at the user's side.
 *
 *     node scripts/page.js                   into dist
 *     node scripts/page.js --to DIRECTORY    into what was compiled there
 */
import { copyFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const root = path.resolve(import.meta.dirname, "..");
const { values } = parseArgs({ options: { to: { type: "string" } } });
const source = path.join(root, "src", "web", "page");
const target = path.join(path.resolve(values.to ?? path.join(root, "dist")), "src", "web", "page");

/**
 * Core is pure, so a module of it that nothing is taken from can be left out; the bundler cannot see that by itself.
 * @type {import("esbuild").Plugin}
 */
const pureCore = {
  name: "pure-core",
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path: name, resolveDir }) => {
      const file = path.resolve(resolveDir, name).replace(/\.js$/, ".ts");
      return file.startsWith(path.join(root, "src", "core")) ? { path: file, sideEffects: false } : undefined;
    });
  },
};

mkdirSync(target, { recursive: true });
await build({
  entryPoints: [
    { in: path.join(source, "main.tsx"), out: "app" },
    { in: path.join(source, "app.css"), out: "app" },
  ],
  outdir: target,
  bundle: true,
  minify: true,
  format: "esm",
  // Browsers of the last few years: what operators have on their machines.
  target: ["chrome111", "firefox114", "safari16.4"],
  tsconfig: path.join(source, "tsconfig.json"),
  plugins: [pureCore],
  legalComments: "none",
  logLevel: "warning",
});
for (const name of ["index.html", "icon.svg"]) copyFileSync(path.join(source, name), path.join(target, name));
