import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import test from "node:test";
import { promisify } from "node:util";
import { fail, succeed } from "../../../src/core/result.js";
import { loadNative } from "../../../src/os/native.js";
import { isGone, keep, setUp, until, type Puppet, type Stage } from "../../helpers/processes.js";
import { repositoryPath } from "../../helpers/root.js";

const NODE = [process.execPath];

/** A leader with a child in its group and one that leads a session of its own. */
async function startFamily(stage: Stage): Promise<{ readonly puppet: Puppet; readonly child: number; readonly session: number }> {
  const kept = keep();
  const puppet = await stage.start({ argv: [...NODE, repositoryPath("test", "fixtures", "spawns-a-session.js")], stdout: kept.plan });
  const [, child = 0, session = 0] = (await kept.text()).trim().split(" ").map(Number);
  return { puppet, child, session };
}

// Once a process is a subreaper it stays one for the tests that follow.
for (const subreaper of [false, true]) {
  const as = subreaper ? "as subreaper" : "without being subreaper";

  test(`signalTree reaches grandchildren and those that called setsid, ${as}`, async (t) => {
    const stage = setUp(t, { subreaper });
    const { puppet, child, session } = await startFamily(stage);
    assert.deepEqual([...stage.host.children(puppet.pid, false)].sort(), [child, session].sort());
    const reached = stage.host.signalTree(puppet.pid, 9);
    assert.deepEqual([...reached].sort(), [puppet.pid, child, session].sort());
    await puppet.emptied;
    await until(() => [child, session].every(isGone));
  });

  test(`a leader that dies first leaves leftovers, and the last of them is told, ${as}`, async (t) => {
    const stage = setUp(t, { subreaper });
    const { puppet, child, session } = await startFamily(stage);
    stage.host.children(puppet.pid, true);
    stage.host.signal(puppet.pid, 9);
    assert.equal((await puppet.exited).leftovers, true);
    assert.deepEqual([...stage.host.signalTree(puppet.pid, 15)].sort(), [child, session].sort());
    await puppet.emptied;
    assert.deepEqual(puppet.news, ["exited", "emptied"]);
    await until(() => [child, session].every(isGone));
  });

  test(`an orphan in the group counts as leftover although nobody looked at it before, ${as}`, async (t) => {
    const stage = setUp(t, { subreaper });
    const kept = keep();
    const puppet = await stage.start({ argv: ["sh", "-c", "sleep 60 >/dev/null & echo $!"], stdout: kept.plan });
    const orphan = Number(await kept.text());
    assert.equal((await puppet.exited).leftovers, true);
    assert.deepEqual(stage.host.signalTree(puppet.pid, 9), [orphan]);
    await puppet.emptied;
    await until(() => isGone(orphan));
    assert.deepEqual(stage.host.signalTree(puppet.pid, 9), []);
  });
}

test("a leftover that may not be killed is told about and given up, also where a killable one stands beside it", async (t) => {
  const real = loadNative();
  const untouchable = new Set<number>();
  const stage = setUp(t, { native: { kill: (pid, signal) => (untouchable.has(pid) ? fail("EPERM") : real.kill(pid, signal)) } });
  const { puppet, child, session } = await startFamily(stage);
  stage.host.children(puppet.pid, true);
  untouchable.add(session);
  assert.deepEqual([...stage.host.signalTree(puppet.pid, 9)].sort(), [puppet.pid, child].sort());
  assert.equal((await puppet.exited).leftovers, true);
  await until(() => isGone(child));
  assert.deepEqual(stage.errors, []);
  assert.deepEqual(stage.host.signalTree(puppet.pid, 9), []);
  await puppet.emptied;
  assert.equal(stage.errors.length, 1);
  assert.match(stage.errors[0] ?? "", new RegExp(`^Cannot kill process "${session}" of the worker "${puppet.pid}": .*EPERM.*given up`));
  assert.deepEqual(stage.host.signalTree(puppet.pid, 9), []);
  process.kill(session, "SIGKILL");
  await until(() => isGone(session));
});

test("a member of the group that may not be killed is not counted as reached", async (t) => {
  const real = loadNative();
  const untouchable = new Set<number>();
  // As the kernel does it: a group takes the signal when any of its members does.
  const refuses = (pid: number): boolean => untouchable.has(pid) || untouchable.has(-pid);
  const stage = setUp(t, {
    native: { kill: (pid, signal) => (refuses(pid) ? (pid < 0 ? succeed(undefined) : fail("EPERM")) : real.kill(pid, signal)) },
  });
  const puppet = await stage.start({ argv: ["sleep", "60"] });
  untouchable.add(puppet.pid);
  for (const _ of [1, 2]) assert.deepEqual(stage.host.signalTree(puppet.pid, 9), []);
  assert.deepEqual(stage.errors.length, 1, "a leader that lives on is told about once");
  assert.match(stage.errors[0] ?? "", /stop waits/);
  process.kill(puppet.pid, "SIGKILL");
  assert.equal((await puppet.exited).leftovers, false);
});

test("SIGKILL is sent again to what appears in the tree after it", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const real = loadNative();
  let deaf = true;
  const stage = setUp(t, { native: { kill: (pid, signal) => (deaf && signal === 9 ? succeed(undefined) : real.kill(pid, signal)) } });
  const puppet = await stage.start({ argv: ["sleep", "60"] });
  assert.deepEqual(stage.host.signalTree(puppet.pid, 9), [puppet.pid]);
  deaf = false;
  t.mock.timers.tick(3_000);
  await puppet.exited;
  t.mock.timers.reset();
});

test("the exit of a worker is told with its code or its signal", async (t) => {
  const stage = setUp(t);
  const [code, signal] = await Promise.all([
    stage.start({ argv: ["sh", "-c", "exit 42"] }),
    stage.start({ argv: ["sh", "-c", "kill -SEGV $$"] }),
  ]);
  assert.deepEqual(await code.exited, { exit: { kind: "exited", code: 42 }, leftovers: false });
  const died = (await signal.exited).exit;
  assert.deepEqual({ ...died, core: null }, { kind: "signalled", signal: 11, core: null });
});

test("300 processes that exit at once are all told of, once", async (t) => {
  const stage = setUp(t);
  const puppets = await Promise.all(Array.from({ length: 300 }, () => stage.start({ argv: ["sleep", "60"] })));
  for (const { pid } of puppets) stage.host.signal(pid, 9);
  await Promise.all(puppets.map((puppet) => puppet.exited));
  assert.ok(puppets.every(({ news }) => news.join() === "exited"));
  assert.ok(puppets.every(({ pid }) => isGone(pid)));
});

test("a child run beside by Node is not stolen from it", async (t) => {
  const stage = setUp(t);
  const run = promisify(execFile);
  const worker = async (): Promise<void> => {
    await (
      await stage.start({ argv: ["true"] })
    ).exited;
  };
  const beside = async (): Promise<void> => {
    const failed: unknown = await run("sh", ["-c", "echo out; exit 3"]).catch((error: unknown) => error);
    assert.ok(failed instanceof Error && "code" in failed && failed.code === 3);
  };
  await Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? worker() : beside())));
});

test("an orphan of a session that nobody knew is reaped in the end", async (t) => {
  const stage = setUp(t);
  const kept = keep();
  const puppet = await stage.start({ argv: ["sh", "-c", "setsid sh -c 'echo $$; exec >&-; kill -STOP $$' & exit 0"], stdout: kept.plan });
  const orphan = Number(await kept.text());
  await puppet.exited;
  await until(() => / T /.test(readFileSync(`/proc/${orphan}/stat`, "latin1")));
  assert.match(readFileSync(`/proc/${orphan}/stat`, "latin1"), new RegExp(`\\) T ${process.pid} `));
  process.kill(orphan, "SIGKILL");
  await until(() => isGone(orphan));
});

test("a released worker lives on, also when the host is closed, and what nobody accounts for does not", async (t) => {
  const stage = setUp(t);
  const kept = keep();
  const released = await stage.start({ argv: ["sleep", "60"] });
  const stray = await stage.start({ argv: ["sh", "-c", "setsid sh -c 'echo $$; exec >&-; sleep 60' & exit 0"], stdout: kept.plan });
  const orphan = Number(await kept.text());
  await stray.exited;
  stage.release(released);
  t.after(() => process.kill(released.pid, "SIGKILL"));
  await stage.host.close();
  assert.equal(isGone(orphan), true);
  assert.equal(isGone(released.pid), false);
  assert.deepEqual(released.news, []);
});

test("a signal to a pid that is gone, or is none, is a failure", (t) => {
  const stage = setUp(t);
  for (const pid of [0, -1, 2 ** 22 + 1]) assert.deepEqual(stage.host.signal(pid, 15), { ok: false, failure: { code: "ESRCH" } });
});

test("figures of living processes are read, with those of their children", async (t) => {
  const stage = setUp(t);
  const { puppet, child, session } = await startFamily(stage);
  const found = stage.host.inspect([puppet.pid, 2 ** 22 + 1], true);
  assert.deepEqual([...found.keys()], [puppet.pid]);
  const info = found.get(puppet.pid);
  assert.ok(info !== undefined);
  assert.deepEqual(info.children.map((each) => each.pid).sort(), [child, session].sort());
  assert.equal(info.cmdline, "node");
  assert.equal(info.cpuPercent, 0);
  assert.ok(info.rss > 1e6 && info.vms > info.rss && info.memPercent > 0 && info.memPercent < 100);
  assert.ok(Math.abs(info.createTime - Date.now() / 1000) < 60);
  assert.equal(info.nice, 0);
});
