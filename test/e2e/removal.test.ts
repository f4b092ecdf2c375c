/** Watchers that are removed, and what others make of it: real circusd, real processes. */
import assert from "node:assert/strict";
import test from "node:test";
import { Daemon } from "../helpers/daemon.js";
import { kill } from "../helpers/facts.js";

const STUBBORN = `[watcher:stubborn]\ncmd = sh -c "trap '' TERM; while :; do sleep 0.1; done"\ncopy_env = True\ngraceful_timeout = 0.5`;

test("a reload of all passes over a watcher that is removed meanwhile", async (t) => {
  const daemon = await Daemon.start(t, { ini: `${STUBBORN}\n[watcher:web]\ncmd = sleep 3600` });
  const [before = 0] = await daemon.pids("web");
  await daemon.client.call("rm", { name: "stubborn" });
  assert.equal((await daemon.client.call("reload", { waiting: true })).status, "ok");
  assert.notEqual((await daemon.pids("web"))[0], before);
});

test("reloadconfig brings a watcher back that was removed by command", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600\nnumprocesses = 2" });
  await daemon.client.call("rm", { name: "web", waiting: true });
  await daemon.client.call("reloadconfig", { waiting: true });
  assert.equal((await daemon.pids("web")).length, 2);
});

test("rm with nostop tells of no stop, for nothing has stopped", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600" });
  const pid = await daemon.onlyProcess("web");
  await daemon.client.call("rm", { name: "web", nostop: true, waiting: true });
  kill(pid, "SIGKILL");
  await daemon.event("watcher.web.remove");
  assert.equal(daemon.count("watcher.web.stop"), 0);
});

test("an unknown user is refused before anything changes", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600" });
  const before = await daemon.pids("web");
  await assert.rejects(daemon.client.call("set", { name: "web", options: { uid: "no-such-user" } }), /no such user "no-such-user"/);
  await assert.rejects(
    daemon.client.call("add", { name: "other", cmd: "true", options: { gid: "no-such-group" } }),
    /no such group "no-such-group"/,
  );
  assert.deepEqual(await daemon.pids("web"), before);
  const { options } = await daemon.client.call("get", { name: "web", keys: ["uid"] });
  assert.deepEqual(options, { uid: null });
});
