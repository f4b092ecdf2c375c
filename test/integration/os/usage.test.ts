import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import net from "node:net";
import test, { type TestContext } from "node:test";
import { systemClock } from "../../../src/os/clock.js";
import { loadNative } from "../../../src/os/native.js";
import { createSockets } from "../../../src/os/sockets.js";
import { countSocketHits } from "../../../src/os/socket-hits.js";
import { PidUsage } from "../../../src/os/usage.js";
import { descriptorsOf, eventually } from "../../helpers/facts.js";
import { bindFor, portOf, socketSpec } from "../../helpers/sockets.js";

async function start(t: TestContext, command: string): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn("/bin/sh", ["-c", command], { stdio: ["pipe", "pipe", "ignore"], detached: true });
  const { pid } = child;
  if (pid === undefined) throw new Error("the shell did not start");
  t.after(() => end(child, pid));
  if (command.includes("echo")) await once(child.stdout, "data");
  return Object.assign(child, { pid });
}

async function end(child: ChildProcess, pid: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  process.kill(-pid, "SIGKILL");
  await once(child, "exit");
}

test("a look tells what the kernel tells of each process, and one that has gone is missing", async (t) => {
  const usage = new PidUsage(loadNative());
  const busy = await start(t, "echo go; while :; do :; done");
  const idle = await start(t, "sleep 3600 & echo go; wait");
  const first = await usage.look([busy.pid, idle.pid, 2 ** 22 + 1], true);
  assert.deepEqual([...first.keys()], [busy.pid, idle.pid]);
  assert.equal(first.get(busy.pid)?.cpuPercent, 0, "there was no look before");
  const one = first.get(idle.pid);
  assert.ok(one !== undefined && one.rss > 0 && one.vms > one.rss && one.memPercent > 0);
  assert.equal(one.cmdline, "sh");
  assert.ok(Math.abs(Date.now() / 1000 - one.createTime) < 60);
  assert.deepEqual(
    one.children.map(({ cmdline }) => cmdline),
    ["sleep"],
  );
  const later = await eventually(
    () => usage.look([busy.pid], false),
    (found) => (found.get(busy.pid)?.cpuPercent ?? 0) > 5,
  );
  assert.ok((later.get(busy.pid)?.cpuSeconds ?? 0) > 0);
  await end(busy, busy.pid);
  assert.deepEqual([...(await usage.look([busy.pid, idle.pid], false)).keys()], [idle.pid]);
  assert.deepEqual([...(await usage.look([busy.pid], false)).keys()], [], "one alone is no error either");
  assert.deepEqual([...(await usage.look([], false)).keys()], []);
});

test("a process is shown as what it became", async (t) => {
  const usage = new PidUsage(loadNative());
  const child = await start(t, "echo go; read line; exec sleep 3600");
  assert.equal((await usage.look([child.pid], false)).get(child.pid)?.cmdline, "sh");
  child.stdin?.write("\n");
  await eventually(
    () => usage.look([child.pid], false),
    (found) => found.get(child.pid)?.cmdline === "sleep",
  );
});

test("connections to a socket are counted, and an idle one counts nothing", async (t) => {
  const [busy, idle] = [await bindFor(t, createSockets(), socketSpec()), await bindFor(t, createSockets(), socketSpec({ name: "idle" }))];
  const counted = countSocketHits([busy.fd, idle.fd], systemClock());
  assert.ok(counted.ok);
  const hits = counted.value;
  t.after(() => hits.close());
  const before = descriptorsOf(process.pid);
  const client = net.connect(portOf(busy), "127.0.0.1");
  t.after(() => void client.destroy());
  await once(client, "connect");
  // Nobody accepts, so it is ready again and again.
  let sum = 0;
  await eventually(
    () => (sum += hits.take().get(busy.fd) ?? 0),
    (count) => count >= 3,
  );
  assert.equal(hits.take().get(idle.fd), 0);
  assert.ok(descriptorsOf(process.pid) <= before + 2, "watching again and again opens nothing for good");
});

test("what is no socket is refused", () => {
  for (const fd of [openSync("/dev/null", "r"), 999]) {
    const counted = countSocketHits([fd], systemClock());
    assert.ok(
      !counted.ok &&
        counted.failure === `Cannot count on descriptor "${fd}": it is no open socket; give the number of one that was inherited`,
    );
  }
});
