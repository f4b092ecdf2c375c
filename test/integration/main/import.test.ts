/** Files as people have them, imported on this host: what comes out is known word for word, and circusd takes it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import test from "node:test";
import { formatDiagnostic } from "../../../src/config/diagnose.js";
import { loadConfig } from "../../../src/config/load.js";
import { importConfiguration } from "../../../src/main/import-configuration.js";
import { repositoryPath } from "../../helpers/root.js";
import { tempDir } from "../../helpers/temp.js";

const FILES = [
  "supervisord/supervisord.conf",
  "laravel/laravel-worker.conf",
  "pm2/ecosystem.config.cjs",
  "pm2/ecosystem.json",
  "pm2/process.yml",
];

for (const name of FILES) {
  test(`${name} is imported as the golden file says, and circusd reads it without a complaint`, async (t) => {
    const file = repositoryPath("test", "fixtures", "import", name);
    const read = await importConfiguration(file);
    assert.ok(read.ok);
    const text = read.value.ini.replaceAll(repositoryPath("test", "fixtures", "import"), "/etc/import").replaceAll(hostname(), "web1");
    assert.equal(text, readFileSync(`${file}.ini`, "utf8"));
    const dir = await tempDir(t);
    const { config, diagnostics } = await loadConfig(await dir.write("circus.ini", read.value.ini), { environment: {} });
    assert.deepEqual(diagnostics.map(formatDiagnostic), []);
    assert.ok(config.watchers.length > 0);
  });
}

test("a module of any kind is evaluated, and what it throws is told", async (t) => {
  const dir = await tempDir(t);
  const app = '{ apps: [{ script: "a.js" }] }';
  await dir.write("one.config.mjs", `export default ${app};`);
  await dir.write("two.config.cjs", `exports.__esModule = true; exports.default = ${app};`);
  await dir.write("three.config.js", `module.exports = ${app};`);
  for (const name of ["one.config.mjs", "two.config.cjs", "three.config.js"])
    assert.ok((await importConfiguration(dir.join(name))).ok, name);
  await dir.write("bad.config.cjs", 'throw new Error("no such secret");');
  const bad = dir.join("bad.config.cjs");
  assert.deepEqual(await importConfiguration(bad), { ok: false, failure: `Cannot import "${bad}": no such secret` });
});

test("a file that is not there, is a directory or something else is told in one line", async (t) => {
  const dir = await tempDir(t);
  const other = await dir.write("other.conf", "[circus]\n");
  const cases: readonly (readonly [string, string])[] = [
    [dir.join("nope.conf"), "no such file"],
    [dir.path, "it is a directory"],
    [
      await dir.write("bad.yml", "apps: [\n"),
      "Flow sequence in block collection must be sufficiently indented and end with a ] at line 2, column 1",
    ],
    [other, "it has no section [supervisord] or [program:NAME]"],
  ];
  for (const [file, why] of cases)
    assert.deepEqual(await importConfiguration(file), { ok: false, failure: `Cannot import "${file}": ${why}` });
});
