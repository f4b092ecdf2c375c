import assert from "node:assert/strict";
import test from "node:test";
import { hostPlugin, type PluginHosting } from "../../../src/plugin/host.js";
import { CircusPlugin, PluginOptionError, type PluginContext, type PluginEvent } from "../../../src/plugin/index.js";
import { openMemory } from "../../../src/wire/memory/transport.js";
import { okReply } from "../../../src/wire/reply.js";
import { decodeRequest } from "../../../src/wire/request.js";

interface Armed {
  readonly delay: number;
  readonly run: () => void;
}

/** A daemon of memory, a clock that rings when the test says so, and a log that is kept. */
async function stage(config: Readonly<Record<string, string>> = {}) {
  const transport = openMemory();
  const commands: string[] = [];
  await transport.serve("memory://control", { maxFrame: 1e6 }, (incoming) => {
    const decoded = decodeRequest(incoming.frames);
    assert.equal(decoded.kind, "request");
    if (decoded.kind !== "request") return;
    commands.push(decoded.request.command);
    incoming.respond(okReply({ numwatchers: 3 }, { id: decoded.request.id, time: 1 }));
  });
  const events = await transport.publish("memory://events");
  const armed = new Set<Armed>();
  const warnings: string[] = [];
  const stop = new AbortController();
  const ignore = (): void => undefined;
  const hosting: PluginHosting = {
    name: "test",
    config,
    endpoint: "memory://control",
    pubsubEndpoint: "memory://events",
    transport,
    log: { debug: ignore, info: ignore, warning: (text) => void warnings.push(text), error: ignore, critical: ignore },
    clock: {
      now: () => 0,
      epoch: () => 1.5,
      after(delay, run) {
        const one = { delay, run };
        armed.add(one);
        return () => void armed.delete(one);
      },
    },
    stop: stop.signal,
  };
  const ring = (): void => {
    for (const one of [...armed]) {
      armed.delete(one);
      one.run();
    }
  };
  return { hosting, commands, events, armed, warnings, stop, ring };
}

/** Tells what happens to it. */
class Diary extends CircusPlugin {
  static readonly pages: string[] = [];
  readonly write = (text: string): void => void Diary.pages.push(text);

  constructor(context: PluginContext) {
    super(context);
    Diary.pages.length = 0;
  }

  override async handleInit(): Promise<void> {
    this.write("init");
    const { numwatchers } = await this.call("numwatchers", {});
    this.write(`${numwatchers} watchers`);
  }

  override async handleRecv(data: PluginEvent): Promise<void> {
    const [watcher, action, message] = this.splitData(data);
    this.write(`${watcher} begins ${action}`);
    await this.call("list", {});
    this.write(`${watcher} ${action} ${JSON.stringify(this.loadMessage(message))}`);
  }

  override handleStop(): void {
    this.write("stop");
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

test("hostPlugin() initialises a plugin, feeds it one event after the other, and stops it", async () => {
  const { hosting, events, stop } = await stage();
  const hosted = hostPlugin(Diary, hosting);
  events.publish("watcher.web.spawn", '{"process_pid": 7}');
  events.publish("watcher.my.app.reap", '{"process_pid": 8}');
  await until(() => Diary.pages.length === 6);
  stop.abort();
  await hosted;
  assert.deepEqual(Diary.pages, [
    "init",
    "3 watchers",
    "web begins spawn",
    'web spawn {"process_pid":7}',
    "my.app begins reap",
    'my.app reap {"process_pid":8}',
    "stop",
  ]);
});

test("hostPlugin() feeds a plugin nothing more once it is told to stop, however long that takes", async () => {
  const heard: string[] = [];
  let finish: () => void = () => undefined;
  class Slow extends CircusPlugin {
    override handleRecv([topic]: PluginEvent): void {
      heard.push(topic);
    }
    override handleStop(): Promise<void> {
      heard.push("stop");
      return new Promise((resolve) => (finish = resolve));
    }
  }
  const { hosting, events, stop } = await stage();
  const hosted = hostPlugin(Slow, hosting);
  events.publish("watcher.web.spawn", "{}");
  await until(() => heard.length === 1);
  stop.abort();
  await until(() => heard.length === 2);
  events.publish("watcher.plugin:slow.kill", "{}");
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  finish();
  await hosted;
  assert.deepEqual(heard, ["watcher.web.spawn", "stop"]);
});

test("hostPlugin() fails with what a plugin throws, whether at its start, with an event or in a timer", async () => {
  class Clumsy extends CircusPlugin {
    override handleInit(): void {
      if (this.options.text("fails") === "start") throw new Error("at its start");
      if (this.options.text("fails") === "timer") {
        this.after(1, () => {
          throw new Error("in a timer");
        });
      }
    }
    override handleRecv(): void {
      throw new Error("with an event");
    }
  }
  await assert.rejects(hostPlugin(Clumsy, (await stage({ fails: "start" })).hosting), /at its start/);
  const event = await stage({ fails: "event" });
  const hosted = hostPlugin(Clumsy, event.hosting);
  event.events.publish("watcher.web.spawn", "{}");
  await assert.rejects(hosted, /with an event/);
  const timer = await stage({ fails: "timer" });
  const ringing = hostPlugin(Clumsy, timer.hosting);
  await until(() => timer.armed.size === 1);
  timer.ring();
  await assert.rejects(ringing, /in a timer/);
});

test("every() goes on after each run and never runs twice at a time, and a stop ends it", async () => {
  let finish: () => void = () => undefined;
  let runs = 0;
  class Ticking extends CircusPlugin {
    override handleInit(): void {
      this.every(2, () => {
        runs++;
        return new Promise((resolve) => (finish = resolve));
      });
    }
    override handleRecv(): void {}
  }
  const { hosting, armed, ring, stop } = await stage();
  const hosted = hostPlugin(Ticking, hosting);
  await until(() => armed.size === 1);
  assert.deepEqual(
    [...armed].map(({ delay }) => delay),
    [2000],
  );
  ring();
  await until(() => runs === 1);
  assert.equal(armed.size, 0);
  finish();
  await until(() => armed.size === 1);
  stop.abort();
  await hosted;
  assert.equal(armed.size, 0);
});

test("hostPlugin() warns of options that neither the plugin nor its watcher knows", async () => {
  class Reader extends CircusPlugin {
    readonly rate = this.options.seconds("loop_rate", 60);
    override handleRecv(): void {}
  }
  const { hosting, warnings, stop } = await stage({ loop_rat: "5", priority: "1", "stdout_stream.class": "StdoutStream", color: "red" });
  const hosted = hostPlugin(Reader, hosting);
  await until(() => warnings.length === 2);
  stop.abort();
  await hosted;
  assert.deepEqual(warnings, [
    '[plugin:test] has an option "loop_rat" that nobody reads: did you mean "loop_rate"?',
    '[plugin:test] has an option "color" that nobody reads',
  ]);
});

test("an option that a plugin reads from its config by itself is no stranger", async () => {
  const seen: unknown[] = [];
  class Reader extends CircusPlugin {
    override handleInit(): void {
      const { colour, ...others } = this.config;
      seen.push(colour, others, "size" in this.config, Object.keys(this.config));
    }
    override handleRecv(): void {}
  }
  const { hosting, warnings, stop } = await stage({ colour: "red", size: "3" });
  const hosted = hostPlugin(Reader, hosting);
  await until(() => seen.length > 0);
  stop.abort();
  await hosted;
  assert.deepEqual(seen, ["red", { size: "3" }, true, ["colour", "size"]]);
  assert.deepEqual(warnings, []);
});

test("options tell which value of which plugin is wrong, and what is expected", async () => {
  const faults: readonly (readonly [Readonly<Record<string, string>>, (plugin: CircusPlugin) => unknown, string])[] = [
    [{ n: "x" }, (p) => p.options.integer("n", 1, { min: 0 }), 'Cannot use n = "x" in [plugin:test]: expected an integer of 0 or more'],
    [{ n: "7" }, (p) => p.options.number("n", 1, { min: 0, max: 1 }), 'Cannot use n = "7" in [plugin:test]: expected a number from 0 to 1'],
    [{ n: "0" }, (p) => p.options.seconds("n", 1), 'Cannot use n = "0" in [plugin:test]: expected seconds above 0'],
    [{ n: "perhaps" }, (p) => p.options.flag("n", true), 'Cannot use n = "perhaps" in [plugin:test]: expected true or false'],
    [{}, (p) => p.options.required("host", "HOST"), 'Cannot start [plugin:test] without "host": add host = HOST'],
  ];
  for (const [config, read, message] of faults) {
    class Reader extends CircusPlugin {
      override handleInit(): void {
        read(this);
      }
      override handleRecv(): void {}
    }
    await assert.rejects(hostPlugin(Reader, (await stage(config)).hosting), (error: unknown) => {
      assert.ok(error instanceof PluginOptionError);
      assert.equal(error.message, message);
      return true;
    });
  }
});
