import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import type { Clock, Pid, ProcessInfo, ProcessUsage } from "../../../src/core/ports.js";
import { Streamer } from "../../../src/stats/streamer.js";
import { subscribeFigures } from "../../../src/client/figures.js";
import { encodeEvent, type WatcherNews } from "../../../src/wire/event.js";
import { openMemory } from "../../../src/wire/memory/transport.js";
import { decodeRequest } from "../../../src/wire/request.js";
import type { StatFrame } from "../../../src/wire/stats.js";
import type { ControlServer, EventServer } from "../../../src/wire/transport.js";

const CONTROL = "memory://control";
const EVENTS = "memory://events";
const FIGURES = "memory://figures";

/** Time that stands still until the test moves it. */
class HandClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ readonly due: number; readonly run: () => void }>();

  now(): number {
    return this.#now;
  }

  epoch(): number {
    return 1000 + this.#now / 1000;
  }

  after(delay: number, run: () => void): () => void {
    const timer = { due: this.#now + delay, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  yield(): Promise<void> {
    return Promise.resolve();
  }

  /** Lets a time pass, timer by timer, with all that follows of each. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settle();
    for (;;) {
      const [next] = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = next.due;
      next.run();
      await settle();
    }
    this.#now = end;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function infoOf(pid: Pid): ProcessInfo {
  const sizes = { rss: 1024 * pid, vms: 4096 * pid, memPercent: 0.1, cpuSeconds: 1, cpuPercent: 2 };
  return { pid, cmdline: "sleep", username: "joe", nice: 0, ...sizes, createTime: 990, children: [] };
}

/** A daemon of memory with what the test says it has, and a streamer that watches it. */
class Stage {
  readonly clock = new HandClock();
  readonly transport = openMemory();
  readonly watchers = new Map<string, Pid[]>();
  readonly gone = new Set<Pid>();
  readonly asked: string[] = [];
  readonly told: string[] = [];
  daemonPid = 10;
  /** How long a look takes. */
  slow: Promise<void> | null = null;
  looks = 0;
  reads = new Map<number, number>();
  readonly #frames: StatFrame[] = [];
  #events: EventServer | null = null;
  #control: ControlServer | null = null;

  static async open(t: TestContext, watchers: Readonly<Record<string, Pid[]>>): Promise<Stage> {
    const stage = new Stage();
    for (const [name, pids] of Object.entries(watchers)) stage.watchers.set(name, pids);
    stage.#events = await stage.transport.publish(EVENTS);
    await stage.answer();
    const figures = subscribeFigures({ transport: stage.transport, endpoint: FIGURES });
    const reading = (async () => {
      for await (const frame of figures) stage.#frames.push(frame);
    })();
    const publisher = await stage.transport.publish(FIGURES);
    const streamer = stage.streamer(publisher);
    streamer.start();
    t.after(async () => {
      await streamer.close();
      figures.close();
      await reading;
    });
    return stage;
  }

  streamer(publisher: EventServer): Streamer {
    const tell = (message: string): void => void this.told.push(message);
    const usage: ProcessUsage = {
      look: async (pids) => {
        this.looks += 1;
        await this.slow;
        return new Map(pids.filter((pid) => !this.gone.has(pid)).map((pid) => [pid, infoOf(pid)]));
      },
    };
    return new Streamer({
      ...{ transport: this.transport, clock: this.clock, usage, publisher, endpoint: CONTROL, pubsub: EVENTS, children: false, pid: 11 },
      log: { debug: tell, info: tell, warning: tell, error: tell, critical: tell },
      sockets: new Map([["web", 3]]),
      hits: { take: () => this.reads, close: () => undefined },
    });
  }

  async answer(): Promise<void> {
    this.#control = await this.transport.serve(CONTROL, { maxFrame: 1e6 }, (incoming) => {
      const decoded = decodeRequest(incoming.frames);
      if (decoded.kind !== "request") throw new Error("a request that cannot be read");
      const { command, properties, id } = decoded.request;
      this.asked.push(command);
      incoming.respond(JSON.stringify({ status: "ok", time: 0, id, ...this.#reply(command, properties) }));
    });
  }

  async fallSilent(): Promise<void> {
    await this.#control?.close();
  }

  tell(news: WatcherNews): void {
    const { topic, body } = encodeEvent(news);
    this.#events?.publish(topic, body);
  }

  /** What is published within a time, as the pids by watcher of the last round. */
  async figures(milliseconds: number): Promise<Readonly<Record<string, readonly Pid[]>>> {
    const frames = await this.frames(milliseconds);
    return Object.fromEntries(
      frames.flatMap((frame) => (frame.kind === "watcher" && frame.watcher !== "circus" ? [[frame.watcher, frame.stats.pid]] : [])),
    );
  }

  async frames(milliseconds: number): Promise<readonly StatFrame[]> {
    this.#frames.length = 0;
    await this.clock.pass(milliseconds);
    return [...this.#frames];
  }

  #reply(command: string, properties: object): object {
    const name = "name" in properties ? String(properties.name) : null;
    if (command === "dstats") return { info: { pid: this.daemonPid } };
    if (command === "listsockets") return { sockets: [{ fd: 9, name: "web", backlog: 5, host: "127.0.0.1", port: 80 }] };
    if (name === null) return { watchers: [...this.watchers.keys()].map((each) => each.toLowerCase()) };
    const found = [...this.watchers].find(([each]) => each.toLowerCase() === name);
    return { pids: found?.[1] ?? [] };
  }
}

const spawn = (watcher: string, pid: Pid): WatcherNews => ({ watcher, event: "spawn", payload: { process_pid: pid, time: 1 } });
const reap = (watcher: string, pid: Pid): WatcherNews => ({ watcher, event: "reap", payload: { process_pid: pid, time: 1, exit_code: 0 } });

test("a round has Circus's messages in Circus's order", async (t) => {
  const stage = await Stage.open(t, { "My App": [21, 22], "circusd-stats": [11], circushttpd: [12] });
  await stage.clock.pass(0);
  stage.reads = new Map([[3, 7]]);
  const frames = await stage.frames(1000);
  const what = frames.map((frame) =>
    frame.kind === "process"
      ? `${frame.watcher}.${frame.stats.pid} ${frame.stats.name ?? "-"}`
      : frame.kind === "watcher"
        ? frame.watcher
        : frame.kind,
  );
  const own = ["circus.11 circusd-stats", "circus.10 circusd", "circus.12 circushttpd", "circus"];
  assert.deepEqual(what, ["my_app.21 -", "my_app.22 -", "my_app", ...own, "socket", "sockets"]);
  const totals = frames.find((frame) => frame.kind === "watcher");
  assert.deepEqual(totals?.stats, { pid: [21, 22], cpu: 2, mem: 0.2, age: 11, rss: 43 * 1024 });
  const socket = frames.find((frame) => frame.kind === "socket");
  assert.deepEqual(socket?.stats, { fd: 9, subtopic: 9, reads: 7, address: "127.0.0.1:80" });
  assert.deepEqual(frames.at(-1)?.stats, { addresses: ["127.0.0.1:80"], reads: 7 });
});

test("a watcher that is called circus is published together with circusd's own programs", async (t) => {
  const stage = await Stage.open(t, { Circus: [21], web: [31] });
  await stage.clock.pass(0);
  const frames = await stage.frames(1000);
  const sums = frames.flatMap((frame) => (frame.kind === "watcher" ? [[frame.watcher, frame.stats.pid]] : []));
  assert.deepEqual(sums, [
    ["web", [31]],
    ["circus", [21, 11, 10]],
  ]);
});

test("a watcher has one topic, whether lists or events tell of it", async (t) => {
  const stage = await Stage.open(t, { "My App": [21] });
  await stage.clock.pass(0);
  stage.tell(spawn("My App", 22));
  assert.deepEqual(await stage.figures(1000), { my_app: [21, 22] });
  stage.watchers.set("My App", [21, 22, 23]);
  assert.deepEqual(await stage.figures(31_000), { my_app: [21, 22, 23] });
});

test("a watcher that flaps leaves nothing behind, and is shown without processes", async (t) => {
  const stage = await Stage.open(t, { flap: [] });
  await stage.clock.pass(3000);
  const asked = stage.asked.length;
  for (let pid = 100; pid < 200; pid++) {
    stage.tell(spawn("flap", pid));
    stage.tell(reap("flap", pid));
  }
  assert.deepEqual(await stage.figures(1000), { flap: [] });
  assert.equal(stage.asked.length, asked, "events that fit are no reason to ask");
});

test("a process that vanished without an event is left out, then forgotten, and the lists are asked for", async (t) => {
  const stage = await Stage.open(t, { web: [21, 22] });
  await stage.clock.pass(5000);
  stage.gone.add(21);
  stage.watchers.set("web", [22, 23]);
  const asked = stage.asked.length;
  assert.deepEqual(await stage.figures(1000), { web: [22] });
  assert.equal(stage.asked.length, asked);
  await stage.clock.pass(1000);
  assert.deepEqual(await stage.figures(1000), { web: [22, 23] });
});

test("stop empties a watcher and remove ends it", async (t) => {
  const stage = await Stage.open(t, { web: [21], api: [31] });
  await stage.clock.pass(3000);
  stage.tell({ watcher: "web", event: "stop", payload: { time: 1 } });
  stage.tell({ watcher: "api", event: "remove", payload: { time: 1 } });
  assert.deepEqual(await stage.figures(1000), { web: [] });
});

test("events that come while the lists are on their way are not lost", async (t) => {
  const stage = await Stage.open(t, { web: [21] });
  stage.tell(spawn("web", 22));
  stage.tell(reap("web", 21));
  assert.deepEqual(await stage.figures(1000), { web: [22] });
});

test("while circusd is away figures go on, and the next circusd is taken up", async (t) => {
  const stage = await Stage.open(t, { web: [21] });
  await stage.clock.pass(3000);
  await stage.fallSilent();
  stage.gone.add(10);
  assert.deepEqual(await stage.figures(20_000), { web: [21] });
  assert.match(stage.told.join("\n"), /^Cannot finish "list": no answer .* Waiting for circusd$/);
  stage.daemonPid = 40;
  stage.gone.add(21);
  stage.watchers.set("web", [41]);
  await stage.answer();
  await stage.clock.pass(10_000);
  assert.deepEqual(await stage.figures(1000), { web: [41] });
  assert.equal(stage.told.at(-1), "circusd answers again");
  const frames = await stage.frames(1000);
  assert.ok(frames.some((frame) => frame.kind === "process" && frame.stats.pid === 40 && frame.stats.name === "circusd"));
});

test("a slow look is not overtaken, and what it missed is not made up for", async (t) => {
  const stage = await Stage.open(t, { web: [21] });
  await stage.clock.pass(1000);
  const looks = stage.looks;
  let finish = (): void => undefined;
  stage.slow = new Promise((resolve) => (finish = resolve));
  await stage.clock.pass(5500);
  assert.equal(stage.looks, looks + 1);
  finish();
  stage.slow = null;
  await stage.clock.pass(500);
  assert.equal(stage.looks, looks + 2);
});
