import assert from "node:assert/strict";
import test from "node:test";
import { parsePluginConfig } from "../../../src/plugin/config.js";

test("parsePluginConfig() reads Circus's form as Circus does", () => {
  const read = parsePluginConfig("filename:events.log::: url : http://localhost:80/ :::nothing:::empty:");
  assert.deepEqual(read, { ok: true, value: { filename: "events.log", url: "http://localhost:80/", empty: "" } });
  assert.deepEqual(parsePluginConfig(""), { ok: true, value: {} });
});

test("parsePluginConfig() reads a JSON object, whose values keep blanks, quotes and colons", () => {
  const config = { a: "x:::y", b: ' "two words" ', c: "" };
  assert.deepEqual(parsePluginConfig(JSON.stringify(config)), { ok: true, value: config });
  assert.deepEqual(parsePluginConfig('{"n": 3, "yes": true}'), { ok: true, value: { n: "3", yes: "true" } });
});

test("parsePluginConfig() refuses JSON that is none, and values that are lists", () => {
  for (const text of ["{", '{"a": [1]}', '{"a": null}']) assert.equal(parsePluginConfig(text).ok, false, text);
});
