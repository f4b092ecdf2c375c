import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { Scheduler } from "../../../plugins/scheduler/index.js";
import { refusal } from "../../helpers/circusctl.js";
import { Daemon } from "../../helpers/daemon.js";
import { eventually, fileWith } from "../../helpers/facts.js";
import { PluginStage, refusalOf, type PluginSetting } from "../../helpers/plugin-stage.js";
import { VirtualClock } from "../../helpers/virtual-clock.js";

const NOON = Date.parse("2026-01-10T12:00:00Z") / 1000;

async function scheduled(t: TestContext, jobs: Readonly<Record<string, string>>, answer: PluginSetting["answer"] = () => ({})) {
  const clock = new VirtualClock(NOON);
  const stage = await PluginStage.start(t, Scheduler, { config: { timezone: "UTC", ...jobs }, answer, clock });
  await clock.advance(0);
  return { clock, stage };
}

test("Scheduler asks circusd for what its jobs say, at their times", async (t) => {
  const { clock, stage } = await scheduled(t, {
    "job.a": "1 12 * * * restart web",
    "job.b": "2 12 * * * reload My App",
    "job.c": "3 12 * * * signal USR1 web",
    "job.d": "4 12 * * * incr 2 web",
    "job.e": "5 12 * * * decr web",
    "job.f": "6 12 * * * numprocesses 4 web",
    "job.g": "30 0 12 * * * stop web",
  });
  assert.equal(stage.log[0], 'info Job "a" will restart web, next at 2026-01-10T12:01:00Z');
  await clock.advance(59.9);
  assert.deepEqual(stage.requests, [{ command: "stop", properties: { name: "web", waiting: true } }]);
  await clock.advance(0.1);
  await clock.advance(300);
  assert.deepEqual(stage.requests.slice(1), [
    { command: "restart", properties: { name: "web", waiting: true } },
    { command: "reload", properties: { name: "My App", waiting: true } },
    { command: "signal", properties: { name: "web", signum: 10 } },
    { command: "incr", properties: { name: "web", waiting: true, nb: 2 } },
    { command: "decr", properties: { name: "web", waiting: true, nb: 1 } },
    { command: "set", properties: { name: "web", waiting: true, options: { numprocesses: 4 } } },
  ]);
});

test("Scheduler leaves a time out while the job is still at work, and keeps no other job waiting", async (t) => {
  const finish: (() => void)[] = [];
  const { clock, stage } = await scheduled(
    t,
    { "job.slow": "* * * * * restart web", "job.quick": "* * * * * reload api" },
    ({ command }) => (command === "reload" ? {} : new Promise((resolve) => finish.push(() => resolve({})))),
  );
  await clock.advance(180);
  assert.deepEqual([stage.count("restart"), stage.count("reload")], [1, 3]);
  assert.equal(stage.log.filter((line) => line.startsWith('warning Job "slow" is still at work')).length, 2);
  finish[0]?.();
  await clock.advance(60);
  assert.equal(stage.count("restart"), 2);
});

test("Scheduler goes on where circusd refuses", async (t) => {
  const { clock, stage } = await scheduled(t, { "job.a": "* * * * * restart nobody" }, () => refusal("program nobody not found"));
  await clock.advance(120);
  assert.equal(stage.count("restart"), 2);
  assert.ok(stage.log.includes('error Job "a" cannot restart nobody: program nobody not found'));
});

test("Scheduler notices within half a minute that the clock was set", async (t) => {
  const { clock, stage } = await scheduled(t, { "job.a": "0 * * * * restart web" });
  clock.set(NOON + 3700);
  await clock.advance(30);
  assert.equal(stage.count("restart"), 1);
  clock.set(NOON + 3590);
  await clock.advance(60);
  assert.equal(stage.count("restart"), 1);
  clock.set(NOON + 20 * 3600 + 60);
  await clock.advance(30);
  assert.equal(stage.count("restart"), 1);
  assert.ok(stage.log.some((line) => line.includes("is left out: it is too late")));
  await clock.advance(3600);
  assert.equal(stage.count("restart"), 2);
});

test("Scheduler leaves no timer behind, and a job that is at work does not keep it from ending", async (t) => {
  const { clock, stage } = await scheduled(t, { "job.a": "* * * * * restart web" }, () => null);
  await clock.advance(60);
  assert.equal(stage.count("restart"), 1);
  await stage.stop();
  assert.equal(clock.armed, 0);
});

test("a circusd's Scheduler signals and resizes a watcher every second", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: `
[watcher:web]
cmd = sh -c "trap 'echo told >> told' USR1; while :; do sleep 0.1; done"
[watcher:idle]
cmd = sleep 60
[plugin:schedule]
use = scheduler
job.tell = * * * * * * signal USR1 web
job.grow = */2 * * * * * numprocesses 3 idle
`,
  });
  await fileWith(daemon.dir.join("told"), /told\ntold\n/);
  await eventually(
    () => daemon.pids("idle"),
    (pids) => pids.length === 3,
  );
});

test("options that cannot be used are refused at the start", async () => {
  assert.match(
    await refusalOf(Scheduler, {}),
    /^PluginOptionError: Cannot start \[plugin:test\] without "job.NAME": add job.NAME = 0 3 \* \* \* restart WATCHER$/,
  );
  assert.match(
    await refusalOf(Scheduler, { "job.nightly": "0 3 * * restart web" }),
    /^PluginOptionError: Cannot use job\.nightly = "0 3 \* \* restart web" in \[plugin:test\]: expected 5 fields/,
  );
  assert.match(
    await refusalOf(Scheduler, { "job.a": "@daily stop web", timezone: "Berlin" }),
    /Cannot use timezone = "Berlin" .* such as Europe\/Berlin/,
  );
});
