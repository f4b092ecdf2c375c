/** What a user sees of supervision: real circusd, real processes, real ZeroMQ. */
import assert from "node:assert/strict";
import { readFile, rm, stat } from "node:fs/promises";
import test from "node:test";
import { Daemon, isAlive } from "../helpers/daemon.js";
import { kill } from "../helpers/facts.js";

test("a killed worker is replaced at once, and both are told as events", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600\nnumprocesses = 2" });
  const [victim = 0, other = 0] = await daemon.processes("web", 2);
  kill(victim, "SIGKILL");
  const reap = await daemon.event("watcher.web.reap");
  assert.ok(reap.event === "reap");
  assert.deepEqual({ ...reap.payload, time: 0 }, { process_pid: victim, time: 0, exit_code: -9 });
  const spawn = await daemon.event("watcher.web.spawn");
  assert.ok(spawn.event === "spawn");
  assert.deepEqual(
    await daemon.pids("web"),
    [other, spawn.payload.process_pid].sort((a, b) => a - b),
  );
});

test("a slow stop of one watcher delays neither supervision nor commands of another", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: `[watcher:stubborn]\ncmd = sh -c "trap '' TERM; while :; do sleep 0.1; done"\ncopy_env = True\ngraceful_timeout = 3600\n[watcher:web]\ncmd = sleep 3600`,
  });
  const stubborn = await daemon.onlyProcess("stubborn");
  await daemon.client.call("stop", { name: "stubborn" });
  assert.equal(await daemon.status("stubborn"), "stopping");
  const web = await daemon.onlyProcess("web");
  kill(web, "SIGKILL");
  await daemon.event("watcher.web.spawn");
  assert.deepEqual(await daemon.client.call("incr", { name: "web", waiting: true }).then((reply) => reply.numprocesses), 2);
  assert.ok(isAlive(stubborn));
  await daemon.client.call("kill", { name: "stubborn", graceful_timeout: 0, waiting: true });
  await daemon.event("watcher.stubborn.stop");
  assert.equal(isAlive(stubborn), false);
});

test("SIGTERM ends circusd while watchers are still starting, and leaves nothing", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:slow]\ncmd = sleep 3600\nnumprocesses = 50\nwarmup_delay = 60" });
  assert.equal(await daemon.status("slow"), "starting");
  const pids = await daemon.pids("slow");
  daemon.process.kill("SIGTERM");
  assert.equal(await daemon.exit(), 0);
  for (const pid of pids) assert.equal(isAlive(pid), false);
});

test("a worker that ignores its stop signal is killed after graceful_timeout with everything it forked", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: `[watcher:tree]\ncmd = sh -c "trap '' TERM; setsid sh -c 'trap \\"\\" TERM; sleep 3600' & sleep 3600 & while :; do sleep 0.1; done"\ncopy_env = True\ngraceful_timeout = 0.3`,
  });
  const { info } = (await daemon.client.call("stats", { name: "tree" })) as unknown as {
    info: Record<string, { children: { pid: number }[] }>;
  };
  const below = Object.values(info).flatMap((process) => process.children.map((child) => child.pid));
  await daemon.client.call("stop", { name: "tree", waiting: true });
  assert.ok(below.length >= 2, `${below.length} children`);
  for (const pid of below) assert.equal(isAlive(pid), false, `child ${pid} lives`);
});

test("children that a leader leaves behind are gone when its stop is answered", async (t) => {
  const daemon = await Daemon.start(t, { ini: `[watcher:parent]\ncmd = sh -c "sleep 3601 & echo $! > child.pid; wait"\ncopy_env = True` });
  await daemon.until(() => daemon.count("x") === 0, "nothing");
  const leader = await daemon.onlyProcess("parent");
  let child = 0;
  while (child === 0) child = Number(await readFile(daemon.dir.join("child.pid"), "utf8").catch(() => "0"));
  kill(leader, "SIGSTOP");
  kill(leader, "SIGCONT");
  await daemon.client.call("stop", { name: "parent", waiting: true });
  assert.equal(isAlive(child), false);
});

test("a command that does not exist is given up after max_retry, says why, and hurts no other watcher", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:bad]\ncmd = /does/not/exist\n[watcher:web]\ncmd = sleep 3600" });
  await daemon.logged(/Cannot start "bad": .*"\/does\/not\/exist"/);
  await daemon.logged(/bad is given up after 5 failed starts/);
  assert.equal(await daemon.status("bad"), "stopped");
  assert.equal(await daemon.status("web"), "active");
});

test("max_retry = -1 with a command that does not exist keeps circusd answering", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:bad]\ncmd = /does/not/exist\nmax_retry = -1\n[watcher:web]\ncmd = sleep 3600" });
  await daemon.logged(/Cannot start "bad"/);
  assert.equal(await daemon.status("web"), "active");
  assert.equal(await daemon.status("bad"), "active");
});

test("a graceful reload replaces every process and a restart keeps their number", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600\nnumprocesses = 3" });
  const before = await daemon.processes("web", 3);
  const reloaded = await daemon.client.call("reload", { name: "web", waiting: true });
  assert.deepEqual(reloaded.info?.stopped, before);
  assert.equal(reloaded.info?.started?.length, 3);
  const restarted = await daemon.client.call("restart", { name: "web", waiting: true });
  assert.deepEqual(restarted.info?.stopped, reloaded.info.started);
  assert.equal((await daemon.pids("web")).length, 3);
});

test("restart without a name sets everything up anew from the file, with the same pid", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600" });
  const text = await readFile(daemon.dir.join("circus.ini"), "utf8");
  await daemon.dir.write("circus.ini", `${text}\n[watcher:more]\ncmd = sleep 3600\n`);
  await daemon.client.call("restart", { waiting: true });
  const reply = await daemon.client.call("list", {});
  assert.deepEqual("watchers" in reply ? reply.watchers : [], ["more", "web"]);
  assert.equal(daemon.process.exitCode, null);
});

test("reloadconfig applies the difference: what has not changed keeps its processes", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: "[watcher:same]\ncmd = sleep 3600\n[watcher:grows]\ncmd = sleep 3600\n[watcher:changes]\ncmd = sleep 3600\n[watcher:goes]\ncmd = sleep 3600",
  });
  const before = {
    same: await daemon.processes("same", 1),
    grows: await daemon.processes("grows", 1),
    changes: await daemon.processes("changes", 1),
  };
  await daemon.client.call("add", { name: "byhand", cmd: "sleep 3600", start: true, waiting: true });
  const text = await readFile(daemon.dir.join("circus.ini"), "utf8");
  const [head = ""] = text.split("[watcher:");
  await daemon.dir.write(
    "circus.ini",
    `${head}[watcher:same]\ncmd = sleep 3600\n[watcher:grows]\ncmd = sleep 3600\nnumprocesses = 2\n[watcher:changes]\ncmd = sleep 3601\n[watcher:comes]\ncmd = sleep 3600\n`,
  );
  await daemon.client.call("reloadconfig", { waiting: true });
  assert.deepEqual(await daemon.pids("same"), before.same);
  const grown = await daemon.pids("grows");
  assert.equal(grown.length, 2);
  assert.ok(before.grows.every((pid) => grown.includes(pid)));
  assert.ok((await daemon.pids("changes")).every((pid) => !before.changes.includes(pid)));
  assert.equal((await daemon.pids("comes")).length, 1);
  assert.equal((await daemon.pids("byhand")).length, 1);
  await assert.rejects(daemon.pids("goes"), /program goes not found/);
});

test("reloadconfig with a broken section or no file at all changes nothing of it and says why", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600" });
  const before = await daemon.processes("web", 1);
  const text = await readFile(daemon.dir.join("circus.ini"), "utf8");
  await daemon.dir.write("circus.ini", text.replace("cmd = sleep 3600", "cmd = sleep 3600\nnumprocesses = many"));
  await daemon.client.call("reloadconfig", { waiting: true });
  await daemon.logged(/circus\.ini:\d+: .*many/);
  assert.deepEqual(await daemon.pids("web"), before);
  await rm(daemon.dir.join("circus.ini"));
  await daemon.client.call("reloadconfig", { waiting: true }).catch(() => undefined);
  assert.deepEqual(await daemon.pids("web"), before);
});

test("quit waits for everything to stop, answers, and ends with exit code 0", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600\nnumprocesses = 3" });
  const pids = await daemon.processes("web", 3);
  assert.equal((await daemon.client.call("quit", { waiting: true })).status, "ok");
  assert.equal(await daemon.exit(), 0);
  for (const pid of pids) assert.equal(isAlive(pid), false);
});

test("rm with nostop leaves the processes running when circusd has gone", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600" });
  const pid = await daemon.onlyProcess("web");
  t.after(() => {
    kill(pid, "SIGKILL");
  });
  await daemon.client.call("rm", { name: "web", nostop: true, waiting: true });
  await daemon.client.call("quit", { waiting: true });
  assert.equal(await daemon.exit(), 0);
  assert.ok(isAlive(pid));
});

test(
  "endpoint_owner gets the sockets, and add asks for that uid",
  { skip: process.getuid?.() !== 0 && "only root can give files away" },
  async (t) => {
    const daemon = await Daemon.start(t, { circus: "endpoint_owner = daemon", ini: "[watcher:web]\ncmd = sleep 3600" });
    for (const name of ["control.sock", "events.sock"]) assert.equal((await stat(daemon.dir.join(name))).uid, 1);
    await assert.rejects(daemon.client.call("add", { name: "x", cmd: "sleep 1" }), /uid must be the endpoint_owner "daemon"/);
  },
);

test("reloadconfig starts a watcher that had given up once its section is mended, but none that was stopped by hand", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:bad]\ncmd = /does/not/exist\nmax_retry = 1\n[watcher:held]\ncmd = sleep 3600" });
  await daemon.logged(/bad is given up/);
  await daemon.client.call("stop", { name: "held", waiting: true });
  const text = await readFile(daemon.dir.join("circus.ini"), "utf8");
  await daemon.dir.write("circus.ini", text.replace("/does/not/exist", "sleep 3601").replace("sleep 3600", "sleep 3602"));
  await daemon.client.call("reloadconfig", { waiting: true });
  assert.deepEqual([await daemon.status("bad"), await daemon.status("held")], ["active", "stopped"]);
});
