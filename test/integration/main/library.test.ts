/** An arbiter inside another program: this one. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import test from "node:test";
import { CallError, getArbiter, Process, Watcher } from "../../../src/index.js";
import { isAlive } from "../../helpers/daemon.js";
import { eventually, fileWith } from "../../helpers/facts.js";
import { tempDir } from "../../helpers/temp.js";

const SLEEP = { cmd: "sleep 3600", numprocesses: 2 };

test("getArbiter() makes an arbiter that runs watchers and ends every process when it is disposed of", async () => {
  const pids: number[] = [];
  {
    await using arbiter = await getArbiter([SLEEP, { cmd: "sleep 3600", name: "other" }]);
    await arbiter.start();
    for (const watcher of await arbiter.watchers()) pids.push(...(await watcher.pids()));
    assert.equal(pids.length, 3);
    assert.ok(pids.every(isAlive));
  }
  assert.ok(!pids.some(isAlive));
});

test("an arbiter leaves its program as it is", async () => {
  const before = { title: process.title, listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]) };
  const arbiter = await getArbiter([SLEEP]);
  await arbiter.start();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) assert.equal(process.listenerCount(signal), 0, signal);
  assert.equal(process.title, before.title);
  await arbiter.stop();
  await arbiter.finished;
  assert.deepEqual(
    process.eventNames().map((name) => [name, process.listenerCount(name)]),
    before.listeners,
  );
});

test("two arbiters in one program and the program's own children do not get into each other's way", async () => {
  await using one = await getArbiter([{ ...SLEEP, name: "web" }]);
  await using two = await getArbiter([{ ...SLEEP, name: "web", numprocesses: 1 }]);
  await Promise.all([one.start(), two.start()]);
  const [killed = 0] = await one.watcher("web").pids();
  const [spared = 0] = await two.watcher("web").pids();
  const child = spawn("sh", ["-c", "exit 7"]);
  process.kill(killed, "SIGKILL");
  await once(child, "exit");
  assert.equal(child.exitCode, 7);
  const after = await eventually(
    () => one.watcher("web").pids(),
    (pids) => pids.length === 2 && !pids.includes(killed),
  );
  assert.deepEqual(await two.watcher("web").pids(), [spared]);
  assert.ok(!after.includes(spared));
});

test("a program may have any number of arbiters, and Node sees no leak in that", async () => {
  const warnings: string[] = [];
  const note = ({ message }: Error): void => void warnings.push(message);
  process.on("warning", note);
  const arbiters = await Promise.all(Array.from({ length: 11 }, () => getArbiter([])));
  await Promise.all(arbiters.map((arbiter) => arbiter.start()));
  await Promise.all(arbiters.map((arbiter) => arbiter.stop()));
  process.off("warning", note);
  assert.deepEqual(warnings, []);
});

for (const subreaper of [false, true]) {
  test(`the end of an arbiter${subreaper ? " that is a subreaper" : ""} is none of other children of its program`, async (t) => {
    const child = spawn("sleep", ["3600"]);
    t.after(() => child.kill());
    await using spared = await getArbiter([SLEEP]);
    const ended = await getArbiter([SLEEP], { subreaper });
    await Promise.all([spared.start(), ended.start()]);
    const pids = await spared.watcher("sleep").pids();
    await ended.stop();
    assert.deepEqual(await spared.watcher("sleep").pids(), pids);
    assert.ok(pids.every(isAlive));
    assert.ok(isAlive(child.pid ?? 0));
  });
}

test("a Watcher's methods do what the commands do, and resolve when it is done", async () => {
  await using arbiter = await getArbiter([{ cmd: "sleep 3600", name: "web" }]);
  await arbiter.start();
  const web = arbiter.watcher("web");
  assert.ok(web instanceof Watcher);
  assert.equal(await web.incr(2), 3);
  assert.equal((await web.pids()).length, 3);
  assert.equal(await web.decr(), 2);
  assert.equal(await web.numprocesses(), 2);
  const before = await web.pids();
  await web.reload();
  assert.ok((await web.pids()).every((pid) => !before.includes(pid)));
  await web.set({ graceful_timeout: 3 });
  assert.equal((await web.options())["graceful_timeout"], 3);
  const { stopped = [] } = await web.restart();
  assert.equal(stopped.length, 2);
  assert.deepEqual(
    Object.keys(await web.stats())
      .map(Number)
      .sort((a, b) => a - b),
    [...(await web.pids())].sort((a, b) => a - b),
  );
  await web.stop();
  assert.equal(await web.status(), "stopped");
  await web.start();
  assert.equal(await web.status(), "active");
  await web.remove();
  await assert.rejects(web.pids(), (error: unknown) => error instanceof CallError && /web/.test(error.reason));
});

test("a Process tells of itself, takes signals, and is replaced when it is stopped", async () => {
  await using dir = await tempDir();
  const script = `trap 'echo usr1 >> ${dir.join("signals")}' USR1; echo ready > ${dir.join("ready")}; while :; do sleep 0.01; done`;
  await using arbiter = await getArbiter([{ cmd: "sh", args: ["-c", script], name: "web" }]);
  await arbiter.start();
  await fileWith(dir.join("ready"), /ready/);
  const [one] = await arbiter.watcher("web").processes();
  assert.ok(one instanceof Process);
  const info = await one.info();
  assert.equal(info.pid, one.pid);
  assert.ok((info.rss ?? 0) > 0);
  assert.ok((await one.age()) >= 0);
  await one.signal("SIGUSR1");
  await fileWith(dir.join("signals"), /usr1/);
  await one.stop();
  assert.ok(!isAlive(one.pid));
  await assert.rejects(one.info());
  await eventually(
    () => arbiter.watcher("web").pids(),
    (pids) => pids.length === 1,
  );
});

test("events() gives what happens, and addWatcher() starts what it adds", async () => {
  await using arbiter = await getArbiter([]);
  await arbiter.start();
  const events = arbiter.events(["watcher.late."]);
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { topic } of events) {
      seen.push(topic);
      if (topic.endsWith(".start")) break;
    }
  })();
  const late = await arbiter.addWatcher({ name: "late", cmd: "sleep 3600", env: { A: "1" } });
  await reading;
  assert.deepEqual(seen, ["watcher.late.add", "watcher.late.spawn", "watcher.late.start"]);
  assert.equal((await late.pids()).length, 1);
});

test("with endpoints an arbiter answers other programs", async () => {
  await using dir = await tempDir();
  const endpoint = `ipc://${dir.join("control.sock")}`;
  await using arbiter = await getArbiter([{ ...SLEEP, name: "web" }], { endpoint, pubsubEndpoint: `ipc://${dir.join("events.sock")}` });
  await arbiter.start();
  const { CircusClient, openZmq } = await import("../../../src/index.js");
  await using client = new CircusClient({ transport: await openZmq(), endpoint });
  assert.equal(await new Watcher(client, "web").status(), "active");
});

/** As a program in JavaScript calls it. */
async function untyped(...given: readonly unknown[]): Promise<unknown> {
  const made: unknown = await Reflect.apply(getArbiter, undefined, given);
  return made;
}

/** Nobody is to reach them: what is wrong shows before anything is bound. */
const ENDS = { endpoint: "ipc:///nowhere/c", pubsubEndpoint: "ipc:///nowhere/e" };

const MISTAKES: readonly (readonly [title: string, make: () => Promise<unknown>, message: RegExp])[] = [
  [
    "an unknown option",
    () => getArbiter([{ cmd: "x", numproceses: 2 }]),
    /Cannot use watcher "x": unknown key 'numproceses': did you mean 'numprocesses'\?/,
  ],
  ["an empty command", () => getArbiter([{ cmd: " ", name: "web" }]), /Cannot use the watcher {"cmd":" ","name":"web"}: it needs cmd/],
  ["a watcher without a command", () => untyped([{ name: "web" }]), /Cannot use the watcher {"name":"web"}: it needs cmd/],
  ["what is no list", () => untyped({ cmd: "x" }), /without a list of watchers/],
  ["an unknown setting", () => untyped([], { endpont: "x" }), /the setting "endpont": .*did you mean "endpoint"\?/],
  ["a delay that is none", () => getArbiter([], { warmupDelay: -1 }), /Cannot use warmupDelay -1: expected seconds of 0 or more/],
  ["a name that is taken", () => getArbiter([SLEEP, SLEEP]), /Cannot use two watchers of the name "sleep"/],
  [
    "an unknown socket option",
    () => getArbiter([], { sockets: [{ name: "web", prot: 1 }] }),
    /Cannot use socket "web": it has no option "prot"/,
  ],
  ["a Python plugin", () => getArbiter([], { plugins: [{ name: "p", use: "my.Plugin" }] }), /Cannot use plugin "p" with use "my\.Plugin"/],
  [
    "a plugin that cannot reach it",
    () => getArbiter([], { plugins: [{ name: "p", use: "flapping" }] }),
    /Cannot use plugins without endpoint and pubsubEndpoint/,
  ],
  [
    "a plugin without a name",
    () => untyped([], { ...ENDS, plugins: [{ use: "flapping" }] }),
    /Cannot use the plugin {"use":"flapping"}: it needs name/,
  ],
  [
    "an option of a plugin's watcher that cannot be used",
    () => getArbiter([], { ...ENDS, plugins: [{ name: "p", use: "flapping", priority: "high" }] }),
    /Cannot use plugin "p": 'priority' isn't an integer/,
  ],
];

for (const [title, make, message] of MISTAKES) {
  test(`getArbiter() refuses ${title}`, async () => {
    await assert.rejects(make(), message);
  });
}

test("start() rejects where an endpoint is taken, and nothing is left behind", async () => {
  await using dir = await tempDir();
  const settings = { endpoint: `ipc://${dir.join("c.sock")}`, pubsubEndpoint: `ipc://${dir.join("e.sock")}` };
  await using first = await getArbiter([], settings);
  await first.start();
  const second = await getArbiter([SLEEP], settings);
  await assert.rejects(second.start(), /e\.sock": address already in use/);
});

test("a plugin's watcher has the options of a watcher that the plugin was given", async () => {
  await using dir = await tempDir();
  const ends = { endpoint: `ipc://${dir.join("c.sock")}`, pubsubEndpoint: `ipc://${dir.join("e.sock")}` };
  const plugins = [{ name: "flap", use: "flapping", attempts: 3, rlimit_nofile: 500, graceful_timeout: 7 }];
  await using arbiter = await getArbiter([], { ...ends, plugins });
  await arbiter.start();
  const options = await arbiter.watcher("plugin:flap").options();
  assert.deepEqual([options["rlimit_nofile"], options["graceful_timeout"]], [500, 7]);
});

test("a plugin ends with the program of its arbiter, also where that is killed", async (t) => {
  await using dir = await tempDir();
  const ends = { endpoint: `ipc://${dir.join("c.sock")}`, pubsubEndpoint: `ipc://${dir.join("e.sock")}` };
  const program = `
    import { getArbiter } from ${JSON.stringify(import.meta.resolve("../../../src/index.js"))};
    const arbiter = await getArbiter([], ${JSON.stringify({ ...ends, plugins: [{ name: "flap", use: "flapping" }] })});
    await arbiter.start();
    console.log((await arbiter.watcher("plugin:flap").pids())[0]);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  let [plugin, said] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (plugin += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await eventually(
    () => said,
    (text) => text.includes("Starting"),
  );
  child.kill("SIGKILL");
  await eventually(
    () => isAlive(Number(plugin)),
    (alive) => !alive,
  );
});

test("start() refuses a user that nobody knows and a hook that is not there, and starts nothing", async () => {
  await assert.rejects((await getArbiter([{ cmd: "true", uid: "nobody-of-that-name" }])).start(), /no such user "nobody-of-that-name"/);
  await assert.rejects((await getArbiter([{ cmd: "true", "hooks.before_start": "/no/such.js:go" }])).start(), /no such file/);
});

test("an arbiter that was stopped cannot be started again", async () => {
  const arbiter = await getArbiter([SLEEP]);
  await arbiter.start();
  await arbiter.stop();
  await assert.rejects(arbiter.start(), /Cannot start an arbiter that was stopped: make another with getArbiter/);
});

for (const remote of [false, true]) {
  test(`a program ends when its arbiter${remote ? ", which others can reach," : ""} was told to quit`, async (t) => {
    await using dir = await tempDir();
    const ends = { endpoint: `ipc://${dir.join("c.sock")}`, pubsubEndpoint: `ipc://${dir.join("e.sock")}` };
    const program = `
      import { getArbiter } from ${JSON.stringify(import.meta.resolve("../../../src/index.js"))};
      const arbiter = await getArbiter([{ cmd: "sleep 3600" }], ${JSON.stringify(remote ? ends : {})});
      await arbiter.start();
      const events = (async () => { for await (const _ of arbiter.events()); return "no more events"; })();
      const { status } = await arbiter.client.call("quit", { waiting: true });
      console.log(status, await events);
    `;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: ["ignore", "pipe", "inherit"] });
    t.after(() => child.kill("SIGKILL"));
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await once(child, "close", { signal: AbortSignal.timeout(20_000) });
    assert.equal(said, "ok no more events\n");
    assert.equal(child.exitCode, 0);
  });
}
