/** Hooks of a running circusd: when each is called, what its answer brings about, what is told of it. */
import assert from "node:assert/strict";
import test from "node:test";
import { Daemon, isAlive } from "../helpers/daemon.js";
import { eventually, fileWith, kill } from "../helpers/facts.js";
import { repositoryPath } from "../helpers/root.js";

const MODULE = repositoryPath("test", "fixtures", "hooks-of-a-life.js");

/** A watcher with these hooks, that waits to be started. */
function watcher(name: string, hooks: Readonly<Record<string, string>>, more = ""): string {
  const lines = Object.entries(hooks).map(
    ([hook, target]) => `hooks.${hook} = ${target.startsWith("exec:") ? target : `${MODULE}:${target}`}`,
  );
  return `[watcher:${name}]\ncmd = sleep 3600\nautostart = False\n${lines.join("\n")}\n${more}\n[env:${name}]\nHOOKS = ${name}.hooks\n`;
}

test("the hooks of a life are called in their order, each with an event", async (t) => {
  const all = ["start", "spawn", "signal", "stop", "reap"].flatMap((step) => [`before_${step}`, `after_${step}`]);
  const hooks = { ...Object.fromEntries(all.map((name) => [name, "goesOn"])), extended_stats: "addsStats" };
  const daemon = await Daemon.start(t, { ini: watcher("web", hooks) });
  await daemon.client.call("start", { name: "web", waiting: true });
  const [pid = 0] = await daemon.pids("web");
  const stats = (await daemon.client.send("stats", { name: "web", extended: true })).reply["info"];
  assert.match(JSON.stringify(stats), new RegExp(`"${pid}":.*"requests":7`));
  await daemon.client.call("stop", { name: "web", waiting: true });
  await daemon.event("watcher.web.hook_success", 10);
  const called = daemon.events.flatMap((event) => (event.event === "hook_success" ? [event.payload.name] : []));
  assert.deepEqual(called.slice(0, 4), ["before_start", "before_spawn", "after_spawn", "after_start"]);
  assert.deepEqual([...called].sort(), [...all].sort());
  assert.equal(called[4], "before_stop");
  assert.ok(called.indexOf("before_signal") < called.indexOf("after_signal"));
  assert.ok(called.indexOf("before_reap") < called.indexOf("after_reap"));
  assert.equal(daemon.count("watcher.web.hook_failure"), 0);
});

test("a refusal of a module or a program stops the start at its step", async (t) => {
  const refusals = { module: "refuses", program: "exec:/bin/false", thrower: "fails", late: "takesLong" };
  const steps = { before_start: 0, before_spawn: 0, after_spawn: 1, after_start: 1 };
  const cases = Object.keys(refusals).flatMap((kind) => Object.keys(steps).map((step) => ({ kind, step, name: `${kind}-${step}` })));
  const daemon = await Daemon.start(t, {
    ini: cases
      .map(({ kind, step, name }) => watcher(name, { [step]: refusals[kind as keyof typeof refusals] }, "hook_timeout = 0.3"))
      .join("\n"),
  });
  for (const { kind, step, name } of cases) {
    await daemon.client.call("start", { name, waiting: true });
    assert.deepEqual([name, await daemon.status(name), await daemon.pids(name)], [name, "stopped", []]);
    await daemon.event(`watcher.${name}.stop`);
    assert.equal(daemon.count(`watcher.${name}.spawn`), steps[step as keyof typeof steps], name);
    assert.equal(daemon.count(`watcher.${name}.reap`), daemon.count(`watcher.${name}.spawn`), name);
    const failure = daemon.events.find((event) => event.topic === `watcher.${name}.hook_failure`);
    assert.equal(failure !== undefined, kind !== "module" && kind !== "program", name);
    if (failure?.event === "hook_failure") assert.match(failure.payload.error, kind === "late" ? /0\.3 s/ : /out of luck/);
  }
});

test("an error in a hook counts as success where the configuration says so, and is told", async (t) => {
  const daemon = await Daemon.start(t, { ini: watcher("web", { before_start: "fails, True", after_spawn: "fails,true" }) });
  await daemon.client.call("start", { name: "web", waiting: true });
  assert.equal(await daemon.status("web"), "active");
  await daemon.event("watcher.web.hook_failure", 2);
});

test("a refused signal is not sent, but the deadline kills all the same", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: watcher("web", { before_signal: "refuses", before_stop: "refuses", after_stop: "fails" }, "graceful_timeout = 0.2"),
  });
  await daemon.client.call("start", { name: "web", waiting: true });
  const [pid = 0] = await daemon.pids("web");
  await daemon.client.call("signal", { name: "web", signum: "TERM" });
  assert.ok(isAlive(pid));
  await daemon.client.call("stop", { name: "web", waiting: true });
  const reap = await daemon.event("watcher.web.reap");
  assert.ok(reap.event === "reap" && reap.payload.exit_code === -9);
  await daemon.event("watcher.web.hook_failure");
});

test("an exec hook gets the facts as variables", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: watcher("web", { after_spawn: 'exec:/bin/sh -c "env > facts.txt"', after_reap: 'exec:/bin/sh -c "env > reap.txt"' }),
  });
  await daemon.client.call("start", { name: "web", waiting: true });
  const [pid = 0] = await daemon.pids("web");
  const facts = await fileWith(daemon.dir.join("facts.txt"), /CIRCUS_PID/);
  assert.match(facts, new RegExp(`^CIRCUS_PID=${pid}$`, "m"));
  assert.match(facts, /^CIRCUS_WATCHER=web$/m);
  assert.match(facts, /^CIRCUS_HOOK=after_spawn$/m);
  kill(pid, "SIGTERM");
  assert.match(await fileWith(daemon.dir.join("reap.txt"), /CIRCUS_EXIT_CODE/), /^CIRCUS_EXIT_CODE=-15$/m);
});

test("a hook that cannot be loaded refuses a change of options, and set puts hooks in place", async (t) => {
  const daemon = await Daemon.start(t, { ini: watcher("web", {}) });
  await assert.rejects(
    daemon.client.call("set", { name: "web", options: { "hooks.before_start": "/no/such/module.js:check" } }),
    /module\.js/,
  );
  await daemon.client.call("set", { name: "web", options: { "hooks.before_start": `${MODULE}:refuses` }, waiting: true });
  await daemon.client.call("start", { name: "web", waiting: true });
  await eventually(
    () => daemon.status("web"),
    (status) => status === "stopped",
  );
  assert.equal(daemon.count("watcher.web.spawn"), 0);
});
