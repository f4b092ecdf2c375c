import assert from "node:assert/strict";
import test from "node:test";
import { ResourceWatcher } from "../../../plugins/resource-watcher/index.js";
import { Daemon, descendants, isAlive } from "../../helpers/daemon.js";
import { eventually } from "../../helpers/facts.js";
import { refusalOf } from "../../helpers/plugin-stage.js";
import { statsdReceiver } from "../../helpers/statsd-receiver.js";

const USE = "use = circus.plugins.resource_watcher.ResourceWatcher\nloop_rate = 0.1\nmax_count = 1\n";

test("ResourceWatcher replaces the process that uses too much processor time, and that one alone", async (t) => {
  // The first process of the watcher is busy, the others sleep.
  const busy = `sh -c 'mkdir first 2>/dev/null || exec sleep 60; while :; do :; done'`;
  const statsd = await statsdReceiver(t);
  const target = `host = 127.0.0.1\nport = ${statsd.port}\napplication_name = shop\n`;
  const ini = `[plugin:res]\n${USE}watcher = web\nmax_cpu = 20\n${target}[watcher:web]\ncmd = ${busy}\nnumprocesses = 2\n`;
  const daemon = await Daemon.start(t, { ini });
  await daemon.event("watcher.web.reap");
  await daemon.event("watcher.web.spawn", 1);
  assert.equal(daemon.count("watcher.web.kill"), 1);
  assert.match(daemon.output, /\[WARNING\] web: process \d+ is over max_cpu for too long; ending it/);
  await statsd.packet(/^circus\.shop\.watcher\._resource_watcher\.web\.over_cpu:1\|c$/);
  await statsd.packet(/^circus\.shop\.watcher\._resource_watcher\.web\.restarting:1\|c$/);
  await daemon.processes("web", 2);
});

test("ResourceWatcher knows memory in units and in percent, and too little as well as too much", async (t) => {
  const ini = `[plugin:over]\n${USE}watcher = over\nmax_mem = 100K\n[plugin:under]\n${USE}watcher = under\nmin_mem = 99.9\n[plugin:idle]\n${USE}service = idle\nmin_cpu = 0\n[plugin:fine]\n${USE}watcher = fine\nmin_mem = 1K\nmax_mem = 99\n`;
  const watchers = ["over", "under", "idle", "fine"].map((name) => `[watcher:${name}]\ncmd = sleep 60\n`).join("");
  const daemon = await Daemon.start(t, { ini: ini + watchers });
  for (const name of ["over", "under", "idle"]) await daemon.event(`watcher.${name}.reap`, 2);
  assert.match(daemon.output, /over: process \d+ is over max_mem for too long/);
  assert.match(daemon.output, /under: process \d+ is under min_mem for too long/);
  assert.match(daemon.output, /idle: process \d+ is at or under min_cpu for too long/);
  assert.match(daemon.output, /\[plugin:idle\] has service = idle: write watcher = idle, as service is deprecated/);
  assert.equal(daemon.count("watcher.fine.reap"), 0);
});

test("with process_children a child is sent child_signal, and its parent lives on", async (t) => {
  const parent = `sh -c 'sh -c "while :; do :; done" & wait; exec sleep 60'`;
  const children = "process_children = true\nchild_signal = USR1\n";
  const ini = `[plugin:res]\n${USE}watcher = web\nmax_cpu = 20\n${children}[watcher:web]\ncmd = ${parent}\n`;
  const daemon = await Daemon.start(t, { ini });
  const leader = await daemon.onlyProcess("web");
  const [child = 0] = await eventually(
    () => descendants(leader),
    (pids) => pids.length === 1,
  );
  await daemon.logged(new RegExp(`web: process ${child} is over max_cpu`));
  await eventually(
    () => isAlive(child),
    (alive) => !alive,
  );
  assert.equal(await daemon.onlyProcess("web"), leader);
  assert.equal(daemon.count("watcher.web.kill"), 0);
});

test("a watcher that is stopped stays stopped, and one that is not there is told of and counted", async (t) => {
  const statsd = await statsdReceiver(t);
  const ini = `[plugin:res]\n${USE}watcher = web\nmin_cpu = 0\nhost = 127.0.0.1\nport = ${statsd.port}\n[plugin:none]\n${USE}watcher = none\nhost = 127.0.0.1\nport = ${statsd.port}\n[watcher:web]\ncmd = sleep 60\nautostart = False\n`;
  const daemon = await Daemon.start(t, { ini });
  await statsd.packet(/^circus\.app\.watcher\._resource_watcher\.none\.error:1\|c$/);
  await daemon.logged(/Cannot look after "none": program none not found/);
  assert.equal(await daemon.status("web"), "stopped");
});

test("options that cannot be used are refused at the start", async () => {
  assert.match(
    await refusalOf(ResourceWatcher, {}),
    /^PluginOptionError: Cannot start \[plugin:test\] without "watcher": add watcher = NAME$/,
  );
  assert.match(
    await refusalOf(ResourceWatcher, { watcher: "a", max_mem: "5X" }),
    /Cannot use max_mem = "5X" .*: expected a percentage such as 50/,
  );
  assert.match(
    await refusalOf(ResourceWatcher, { watcher: "a", child_signal: "0" }),
    /Cannot use child_signal = "0" .*: expected a signal/,
  );
  assert.match(await refusalOf(ResourceWatcher, { watcher: "a", max_count: "x" }), /Cannot use max_count = "x"/);
});
