import assert from "node:assert/strict";
import test from "node:test";
import { keptLines, readStream } from "../../../src/core/kept-output.js";
import { setOptions } from "../../../src/core/options.js";
import { PASS_ON, TAIL_LINES, type WatcherSpec } from "../../../src/core/spec.js";
import { watcherSpec } from "../../helpers/spec.js";

const FILE = { class: "FileStream", options: { filename: "/var/log/web.log" } };

test("an output is read for its stream, or to be kept where tail_lines says so", () => {
  assert.equal(readStream(watcherSpec({}), "stdout"), null);
  assert.equal(readStream(watcherSpec({ tailLines: 0 }), "stderr"), null);
  assert.equal(readStream(watcherSpec({ tailLines: 5 }), "stderr"), PASS_ON);
  assert.equal(readStream(watcherSpec({ tailLines: 5, stdoutStream: FILE }), "stdout"), FILE);
  assert.deepEqual(
    [null, 0, 5].map((tailLines) => keptLines(watcherSpec({ tailLines }))),
    [TAIL_LINES, 0, 5],
  );
});

test("set replaces processes only where circusd begins or ends to read their output", () => {
  const effect = (spec: Partial<WatcherSpec>, options: object): unknown => {
    const set = setOptions(watcherSpec(spec), options);
    return set.ok ? set.value.changes.map((change) => change.effect) : set.failure;
  };
  assert.deepEqual(effect({}, { tail_lines: 5 }), ["reload"]);
  assert.deepEqual(effect({ tailLines: 5 }, { tail_lines: 50 }), ["stream"]);
  assert.deepEqual(effect({ tailLines: 5 }, { tail_lines: 0 }), ["reload"]);
  assert.deepEqual(effect({ stdoutStream: FILE }, { tail_lines: 5 }), ["reload"]);
  assert.deepEqual(effect({ stdoutStream: FILE, stderrStream: FILE }, { tail_lines: 0 }), ["stream"]);
  assert.deepEqual(effect({ tailLines: 5 }, { "stdout_stream.class": "StdoutStream" }), ["stream"]);
  assert.deepEqual(effect({}, { tail_lines: -1 }), "'tail_lines' can't be negative");
});
