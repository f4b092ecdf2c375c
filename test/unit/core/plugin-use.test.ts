import assert from "node:assert/strict";
import test from "node:test";
import { BUILTIN_NAMES, builtinPlugin } from "../../../src/core/builtin-plugins.js";
import { parsePluginUse } from "../../../src/core/plugin-use.js";

test("a built-in plugin is known by its short name, its class and Circus's name", () => {
  const names = ["flapping", "Flapping", "circus.plugins.flapping.Flapping"];
  for (const name of names) assert.deepEqual(builtinPlugin(name), { folder: "flapping", name: "Flapping" }, name);
  assert.equal(BUILTIN_NAMES.length, 11);
  assert.equal(builtinPlugin("toString"), null);
});

test("parsePluginUse() tells files from packages, with and without a class", () => {
  assert.deepEqual(parsePluginUse("/srv/mine.js:Logger"), { ok: true, value: { kind: "file", path: "/srv/mine.js", name: "Logger" } });
  assert.deepEqual(parsePluginUse("./mine.js"), { ok: true, value: { kind: "file", path: "./mine.js", name: null } });
  assert.deepEqual(parsePluginUse("@me/plugins:Logger"), {
    ok: true,
    value: { kind: "package", specifier: "@me/plugins", name: "Logger" },
  });
  assert.deepEqual(parsePluginUse("circus-slack"), { ok: true, value: { kind: "package", specifier: "circus-slack", name: null } });
});

const REFUSALS: readonly (readonly [use: string, reason: RegExp])[] = [
  ["myproject.plugins.Logger", /it is a Python name/],
  ["circus.plugins.flaping.Flaping", /did you mean "flapping"/],
  ["flaping", /did you mean "flapping"/],
  ["mine.js", /write "\.\/mine\.js"/],
];

for (const [use, reason] of REFUSALS) {
  test(`parsePluginUse() refuses "${use}" and tells what to write`, () => {
    const read = parsePluginUse(use);
    assert.ok(!read.ok && reason.test(read.failure), JSON.stringify(read));
  });
}
