import assert from "node:assert/strict";
import test from "node:test";
import { makeLineLog } from "../../../src/os/hook-output.js";
import { parseHookTarget } from "../../../src/os/hook-target.js";

test("a target names a module's export, a package's export or a program", () => {
  const cases = {
    "/srv/hooks.js:checkRedis": { kind: "file", path: "/srv/hooks.js", name: "checkRedis" },
    "file:///srv/a%20b.js:check": { kind: "file", path: "/srv/a b.js", name: "check" },
    "my-hooks:check": { kind: "package", specifier: "my-hooks", name: "check" },
    "@me/hooks/redis.js:check": { kind: "package", specifier: "@me/hooks/redis.js", name: "check" },
    "my.hooks:check": { kind: "package", specifier: "my.hooks", name: "check" },
    "exec:/srv/check 'a b' c:d": { kind: "program", program: "/srv/check", args: ["a b", "c:d"] },
  };
  for (const [text, target] of Object.entries(cases)) assert.deepEqual(parseHookTarget(text), { ok: true, value: target }, text);
});

test("a faulty target is refused with what to do", () => {
  const cases = {
    "myapp.hooks.check": /Python name.*"\.\/hooks\.js:check".*"exec:\/path\/to\/check\.py"/,
    check: /Python name/,
    "/srv/hooks.js": /names no export; write "\/srv\/hooks\.js:check"/,
    "hooks.mjs": /names no export/,
    "./hooks.js:check": /its path is relative/,
    "/srv/hooks.js:": /the module before the colon and the export after it/,
    ":check": /the module before the colon/,
    "exec:": /no program stands after "exec:"/,
    "exec:/srv/check 'a": /is not closed/,
    "file://host/x.js:check": /is no URL of a file/,
  };
  for (const [text, reason] of Object.entries(cases)) {
    const target = parseHookTarget(text);
    assert.ok(!target.ok, text);
    assert.match(target.failure, reason);
  }
});

test("output of a hook is written as whole lines without control characters", () => {
  const written: string[] = [];
  const lines = makeLineLog((line) => written.push(line));
  for (const text of ["on", "e\r\n\ntw", "o\u001b[31m\n", "three"]) lines.push(text);
  lines.end();
  assert.deepEqual(written, ["one", "two [31m", "three"]);
});

test("output of a hook is bounded in lines and length, and what is left out is counted", () => {
  const written: string[] = [];
  const lines = makeLineLog((line) => written.push(line));
  lines.push("x".repeat(5000));
  lines.push("y".repeat(5000));
  lines.push(`\n${"line\n".repeat(150)}`);
  lines.end();
  assert.equal(written[0], `${"x".repeat(2000)}…`);
  assert.equal(written.length, 101);
  assert.equal(written.at(-1), "51 more lines of output were left out");
});
