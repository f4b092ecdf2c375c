import assert from "node:assert/strict";
import test from "node:test";
import { WatcherOutputs } from "../../../src/arbiter/watcher-outputs.js";
import type { OutputChannel } from "../../../src/core/ports.js";
import { succeed } from "../../../src/core/result.js";
import type { StreamSpec } from "../../../src/core/spec.js";
import { watcherSpec } from "../../helpers/spec.js";
import { silentTail } from "../../helpers/tail.js";

test("released streams are left to close by themselves, and the next start opens new ones", async () => {
  const calls: string[] = [];
  const open = (spec: StreamSpec): OutputChannel => ({
    spec,
    dropped: 0,
    change: () => Promise.resolve(succeed(undefined)),
    reopen: () => undefined,
    close: () => {
      calls.push("close");
      return Promise.resolve();
    },
    closeWhenIdle: () => void calls.push("closeWhenIdle"),
  });
  const spec = watcherSpec({ stdoutStream: { class: "QueueStream", options: {} } });
  const outputs = new WatcherOutputs(
    {
      open: (stream) => {
        calls.push("open");
        return Promise.resolve(succeed(open(stream)));
      },
      tail: () => silentTail(),
    },
    () => spec,
  );
  await outputs.open();
  outputs.release();
  assert.deepEqual(calls.splice(0), ["open", "closeWhenIdle"]);
  await outputs.close();
  assert.deepEqual(calls.splice(0), []);
  await outputs.open();
  assert.deepEqual(calls, ["open"]);
});
