import assert from "node:assert/strict";
import test from "node:test";
import type { OptionValue } from "../../../../src/core/spec.js";
import { planStream } from "../../../../src/os/streams/options.js";
import { validateStream } from "../../../../src/os/streams/outputs.js";

function plan(className: string, options: Record<string, OptionValue> = {}): unknown {
  const planned = planStream({ class: className, options });
  return planned.ok ? planned.value : planned.failure;
}

test("planStream() reads numbers written as text", () => {
  assert.deepEqual(plan("FileStream", { filename: "/x", max_bytes: "1_000", backup_count: " 5" }), {
    kind: "file",
    filename: "/x",
    timeFormat: null,
    rollover: { kind: "size", maxBytes: 1000, backupCount: 5 },
  });
});

test("planStream() takes Python's names of the built-in classes", () => {
  for (const name of ["circus.stream.FileStream", "circus.stream.file_stream.FileStream", "FileStream", "WatchedFileStream"]) {
    assert.deepEqual(plan(name, { filename: "/x" }), { kind: "file", filename: "/x", timeFormat: null, rollover: { kind: "never" } }, name);
  }
});

test("planStream() reads a timed rotation in any case, and False as false", () => {
  assert.deepEqual(plan("TimedRotatingFileStream", { filename: "/x", rotate_when: "midnight", rotate_interval: "2", utc: "False" }), {
    kind: "file",
    filename: "/x",
    timeFormat: null,
    rollover: { kind: "time", when: "MIDNIGHT", interval: 2, backupCount: 0, utc: false },
  });
  assert.match(JSON.stringify(plan("TimedRotatingFileStream", { rotate_when: "w0", utc: true })), /"when":"W0".*"utc":true/);
  assert.match(JSON.stringify(plan("TimedRotatingFileStream", {})), /"when":"H"/);
});

test("planStream() lets an unknown colour be chosen, as Circus does", () => {
  assert.deepEqual(plan("FancyStdoutStream", { color: "pink" }), { kind: "fancy", color: null, timeFormat: "%Y-%m-%d %H:%M:%S" });
  assert.deepEqual(plan("FancyStdoutStream", { color: "red", time_format: "%H" }), { kind: "fancy", color: "red", timeFormat: "%H" });
});

const FAULTS: readonly (readonly [string, Record<string, OptionValue>, RegExp])[] = [
  ["FileStream", { max_bytes: "10MB" }, /^Option "max_bytes" of FileStream must be a whole number of at least 0, not "10MB"$/],
  ["FileStream", { backup_count: -1 }, /^Option "backup_count" .* not -1$/],
  ["FileStream", { max_bytes: 1.5 }, /"max_bytes"/],
  ["FileStream", { filename: 3 }, /^Option "filename" of FileStream must be text, not 3$/],
  ["TimedRotatingFileStream", { rotate_when: "" }, /^Option "rotate_when" of TimedRotatingFileStream must be one of S, M, H, D, MIDNIGHT/],
  ["TimedRotatingFileStream", { rotate_when: "W7" }, /not "W7"$/],
  ["TimedRotatingFileStream", { rotate_when: "H", rotate_interval: 0 }, /"rotate_interval" .* at least 1, not 0$/],
  ["TimedRotatingFileStream", { rotate_when: "H", utc: "perhaps" }, /"utc" .* true or false, not "perhaps"$/],
  ["mypkg.streams.MyStream", {}, /Python classes do not run here/],
  ["FileStraem", {}, /use FileStream, WatchedFileStream/],
  ["constructor", {}, /Cannot use stream class "constructor"/],
];

for (const [className, options, message] of FAULTS) {
  test(`validateStream() refuses ${className} with ${JSON.stringify(options)}`, () => {
    const result = validateStream({ class: className, options });
    assert.equal(result.ok, false);
    if (!result.ok) assert.match(result.failure, message);
  });
}

test("planStream() splits a user's class at the last colon, also of a URL", () => {
  for (const module of ["./mystream.js", "/srv/mystream.cjs", "file:///srv/mystream.js", "some-package"]) {
    assert.deepEqual(plan(`${module}:MyStream`, { a: "1" }), { kind: "custom", target: { module, name: "MyStream" }, options: { a: "1" } });
  }
});
