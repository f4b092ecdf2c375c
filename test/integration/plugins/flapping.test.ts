import assert from "node:assert/strict";
import test from "node:test";
import { Flapping } from "../../../plugins/flapping/index.js";
import { Daemon } from "../../helpers/daemon.js";
import { PluginStage, refusalOf } from "../../helpers/plugin-stage.js";

const USE = "use = circus.plugins.flapping.Flapping";

/** A worker that dies at once, and one that lives. */
const CRASHER = "[watcher:crasher]\ncmd = sh -c 'exit 3'\nautostart = False\n";
const WEB = "[watcher:web]\ncmd = sleep 60\n";

/** Flapping hears events when it tells of this one. */
const CANARY = "[watcher:canary]\ncmd = sh -c 'exit 3'\nrestart_max_delay = 0.05\nflapping.retry_in = 3600\n";

function ready(daemon: Daemon): Promise<void> {
  return daemon.logged(/canary: flapping detected/);
}

test("Flapping stops a watcher that flaps, starts it after retry_in, and gives it up after max_retry", async (t) => {
  const ini = `[plugin:flap]\n${USE}\nwindow = 30\nretry_in = 0.1\nmax_retry = 2\n${CANARY}${CRASHER}`;
  const daemon = await Daemon.start(t, { ini });
  await ready(daemon);
  await daemon.client.call("start", { name: "crasher" });
  await daemon.logged(/crasher: flapping detected: reached max retry limit/);
  await daemon.event("watcher.crasher.stop", 3);
  assert.deepEqual(
    [...daemon.output.matchAll(/\[(\w+)\] crasher: (flapping .*)/g)].map((match) => match.slice(1)),
    [
      ["WARNING", "flapping detected: retry in 0.1s (attempt number 1)"],
      ["WARNING", "flapping detected: retry in 0.1s (attempt number 2)"],
      ["WARNING", "flapping detected: reached max retry limit"],
    ],
  );
  assert.equal(await daemon.status("crasher"), "stopped");
});

test("a watcher that an operator stops while Flapping waits stays stopped", async (t) => {
  const ini = `[plugin:flap]\n${USE}\nwindow = 30\nretry_in = 1\n${CANARY}${CRASHER}`;
  const daemon = await Daemon.start(t, { ini });
  await ready(daemon);
  await daemon.client.call("start", { name: "crasher" });
  await daemon.event("watcher.crasher.stop");
  await daemon.client.call("stop", { name: "crasher", waiting: true });
  await daemon.logged(/\[INFO\] crasher: stopped by a command meanwhile, and stays stopped/);
  assert.equal(await daemon.status("crasher"), "stopped");
  assert.equal(daemon.count("watcher.crasher.start"), 1);
});

test("restarts, reloads and stops by command are no flapping", async (t) => {
  const daemon = await Daemon.start(t, { ini: `[plugin:flap]\n${USE}\nattempts = 2\nwindow = 3600\n${CANARY}${WEB}${CRASHER}` });
  await ready(daemon);
  for (const command of ["restart", "reload", "restart", "stop", "start", "restart"] as const)
    await daemon.client.call(command, { name: "web", waiting: true });
  // Events are heard in their order: with this one Flapping has heard all of them.
  await daemon.client.call("start", { name: "crasher" });
  await daemon.logged(/crasher: flapping detected/);
  assert.doesNotMatch(daemon.output, /web: flapping/);
  assert.equal(await daemon.status("web"), "active");
});

test("flapping.* options of a watcher win, as they are when it dies", async (t) => {
  const ini = `[plugin:flap]
${USE}
window = 3600
retry_in = 3600
${CANARY}
[watcher:My App]
cmd = sh -c 'exit 3'
autostart = False
flapping.attempts = 3
flapping.max_retry = 0
[watcher:spared]
cmd = sh -c 'exit 3'
autostart = False
flapping.active = False
[watcher:ends]
cmd = sh -c 'exit 3'
numprocesses = 3
respawn = False
autostart = False
`;
  const daemon = await Daemon.start(t, { ini });
  await ready(daemon);
  for (const name of ["spared", "ends", "My App"]) await daemon.client.call("start", { name });
  await daemon.logged(/my app: flapping detected: reached max retry limit/);
  await daemon.event("watcher.my_app.stop");
  await daemon.event("watcher.spared.reap", 4);
  await daemon.client.call("set", { name: "spared", options: { "flapping.active": true }, waiting: true });
  await daemon.logged(/spared: flapping detected/);
  assert.doesNotMatch(daemon.output, /ends: flapping/);
});

test("Flapping starts a watcher under a circusd that does not count stops, and survives refusals", async (t) => {
  const statuses: Record<string, string> = { web: "active" };
  const stage = await PluginStage.start(t, Flapping, {
    config: { retry_in: "0.01", window: "5" },
    answer: ({ command }) => {
      if (command === "list") return { watchers: ["web"] };
      if (command === "options") return { options: { respawn: true, "flapping.attempts": "many" } };
      if (command === "status") return { status: statuses["web"] };
      if (command === "stop") statuses["web"] = "stopped";
      return command === "start" ? { status: "error", reason: "no way", errno: 5 } : {};
    },
  });
  for (const time of [1, 1.5]) stage.publish("watcher.web.reap", { process_pid: 7, time });
  await stage.until(() => stage.log.some((line) => line.includes("no way")));
  assert.deepEqual(stage.log, [
    'warning web: flapping.attempts = "many" is no number of 1 or more; 2 is used',
    "warning web: flapping detected: retry in 0.01s (attempt number 1)",
    "warning web: cannot keep it from flapping: no way",
  ]);
});

test("options that cannot be used are refused at the start", async () => {
  assert.match(await refusalOf(Flapping, { attempts: "0" }), /^PluginOptionError: Cannot use attempts = "0" .* an integer of 1 or more$/);
  assert.match(await refusalOf(Flapping, { max_retry: "-2" }), /^PluginOptionError: Cannot use max_retry = "-2" .* of -1 or more$/);
});
