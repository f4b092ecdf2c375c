import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { Deadline } from "../../../plugins/deadline.js";
import { runCommand } from "../../../plugins/run-command.js";
import { isAlive } from "../../helpers/daemon.js";
import { eventually, kill } from "../../helpers/facts.js";
import { tempDir } from "../../helpers/temp.js";

const never = new AbortController().signal;

test("runCommand() gives what a program writes, and gives it what it reads", async () => {
  const run = { argv: ["sh", "-c", 'read line; echo "$line $NAME"'], env: { NAME: "two" }, stdin: "one\n", signal: never };
  assert.deepEqual(await runCommand(run), { kind: "done", stdout: "one two\n" });
});

test("runCommand() goes on where a program does not read, and where it writes more than anybody wants", async () => {
  const argv = ["sh", "-c", "exec <&-; head -c 1000000 /dev/zero"];
  const ended = await runCommand({ argv, env: {}, stdin: "x".repeat(1_000_000), signal: never });
  assert.equal(ended.kind, "done");
  assert.ok(ended.kind === "done" && ended.stdout.length < 200_000);
});

test("runCommand() does not wait for what a program leaves in the background", async (t) => {
  const dir = await tempDir(t);
  const argv = ["sh", "-c", `setsid sleep 3600 & echo $! > ${dir.join("pid")}; echo 5`];
  assert.deepEqual(await runCommand({ argv, env: {}, signal: never }), { kind: "done", stdout: "5\n" });
  const left = Number(readFileSync(dir.join("pid"), "utf8"));
  kill(left, "SIGKILL");
  await eventually(
    () => isAlive(left),
    (alive) => !alive,
  );
});

test("runCommand() ends a program when its time is over, and runs none when it is over before", async () => {
  using deadline = new Deadline(0.05, never);
  const run = { argv: ["sleep", "3600"], env: {}, signal: deadline.signal };
  assert.deepEqual(await runCommand(run), { kind: "failed", reason: "was ended: it took longer than 0.05 s" });
  assert.deepEqual(await runCommand(run), { kind: "failed", reason: "was not run: it took longer than 0.05 s" });
});

test("Deadline is not over at once where it is longer than a timer can be", async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error): void => void warnings.push(name);
  process.on("warning", note);
  using deadline = new Deadline(9_999_999, never);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", note);
  assert.deepEqual([deadline.signal.aborted, warnings], [false, []]);
});

test("Deadline follows its parent, with its reason, until it is disposed of", () => {
  const parent = new AbortController();
  const reason = new Error("the plugin stops");
  const signal = (() => {
    using deadline = new Deadline(3600, parent.signal);
    return deadline.signal;
  })();
  using second = new Deadline(3600, parent.signal);
  parent.abort(reason);
  assert.deepEqual([signal.aborted, second.signal.aborted, second.signal.reason], [false, true, reason]);
  using third = new Deadline(3600, parent.signal);
  assert.equal(third.signal.reason, reason);
});
