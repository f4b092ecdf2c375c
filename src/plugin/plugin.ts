/** The class that plugins extend: it hears every event of a circusd and can ask it for anything. */
import type { Cancel, Clock, Log } from "../core/ports.js";
import type { CircusClient } from "../client/call.js";
import type { CommandName, Commands, OkReply } from "../wire/contract.js";
import { PluginOptions, type PluginConfig } from "./options.js";

/** An event as it came: its topic, such as `watcher.web.spawn`, and a JSON text. */
export type PluginEvent = readonly [topic: string, message: string];

/** Takes the parts of an event's topic: the watcher's name as topics carry it, what happened, and the JSON text. */
export type SplitEvent = readonly [watcher: string, action: string, message: string];

type Run = () => void | Promise<void>;

/** What a plugin is made with; it is handed on to the base class. */
export interface PluginContext {
  /** The NAME of `[plugin:NAME]`. */
  readonly name: string;
  /** Every option of the section but `use`, as text. */
  readonly config: PluginConfig;
  readonly client: CircusClient;
  readonly log: Log;
  readonly clock: Pick<Clock, "now" | "epoch" | "after">;
  readonly endpoint: string;
  readonly pubsubEndpoint: string;
  /** Ends the plugin's process with this error, after it was logged; circusd starts it again. */
  readonly fail: (error: unknown) => void;
}

/** A class of plugins, as a module exports it. */
export type PluginClass = new (context: PluginContext) => CircusPlugin;

/**
 * Base class of plugins (Circus's circus.plugins.CircusPlugin). What a method of it throws or rejects with is logged
 * and ends the plugin's process, which circusd then starts again, ever more slowly.
 * @example
 * ```ts
 * import { CircusPlugin, type PluginEvent } from "circusd/plugin";
 *
 * export class Deaths extends CircusPlugin {
 *   override async handleRecv(data: PluginEvent): Promise<void> {
 *     const [watcher, action] = this.splitData(data);
 *     if (action === "reap") this.log.warning(`${watcher} lost a process`);
 *   }
 * }
 * ```
 */
export abstract class CircusPlugin {
  readonly name: string;
  /** Every option of the section but `use`, as text. */
  readonly config: PluginConfig;
  /** Reads the options of the section as numbers, flags and texts. */
  readonly options: PluginOptions;
  readonly log: Log;
  readonly endpoint: string;
  readonly pubsubEndpoint: string;
  readonly #context: PluginContext;
  readonly #timers = new Set<Cancel>();
  #stopped = false;

  constructor(context: PluginContext) {
    this.#context = context;
    this.name = context.name;
    this.options = new PluginOptions(context.name, context.config);
    this.config = this.options.raw;
    this.log = context.log;
    this.endpoint = context.endpoint;
    this.pubsubEndpoint = context.pubsubEndpoint;
  }

  /** Called once before the first event. Events that come meanwhile wait. */
  handleInit(): void | Promise<void> {}

  /** Called with every event of every watcher, one after the other. */
  abstract handleRecv(data: PluginEvent): void | Promise<void>;

  /** Called once before the process ends in good order. */
  handleStop(): void | Promise<void> {}

  /**
   * Sends a command and resolves with its reply.
   * @throws CallError when circusd refuses, CallTimeout when no answer comes within 5 seconds
   * @example `const { numprocesses } = await this.call("incr", { name: "web", waiting: true })`
   */
  call<C extends CommandName>(command: C, properties: Commands[C]["properties"]): Promise<OkReply<C>> {
    return this.#context.client.call(command, properties);
  }

  /** Sends a command to which no reply is wanted, not even an error; resolves when it is on its way. */
  cast<C extends CommandName>(command: C, properties: Commands[C]["properties"]): Promise<void> {
    return this.#context.client.cast(command, properties);
  }

  /**
   * Takes an event apart. A watcher's name may have dots in it.
   * @example `this.splitData(["watcher.my.app.spawn", text])` is `["my.app", "spawn", text]`
   */
  splitData([topic, message]: PluginEvent): SplitEvent {
    const parts = topic.split(".");
    return [parts.slice(1, -1).join("."), parts.at(-1) ?? "", message];
  }

  /** Reads the JSON text of an event. @throws SyntaxError where it is none */
  loadMessage(message: string): unknown {
    return JSON.parse(message);
  }

  /** Seconds since the epoch. */
  now(): number {
    return this.#context.clock.epoch();
  }

  /** Seconds of a clock that nobody sets, for measuring how long something takes. */
  elapsed(): number {
    return this.#context.clock.now() / 1000;
  }

  /** Runs something again and again with that many seconds between, never twice at a time, until the plugin stops. */
  every(seconds: number, run: Run): void {
    this.after(seconds, async () => {
      await run();
      this.every(seconds, run);
    });
  }

  /** Runs something once after that many seconds, unless the plugin stops before. */
  after(seconds: number, run: Run): Cancel {
    if (this.#stopped) return () => undefined;
    const cancel = this.#context.clock.after(seconds * 1000, () => {
      this.#timers.delete(cancel);
      Promise.resolve().then(run).catch(this.#context.fail);
    });
    this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  }

  /** Cancels what is still to run. For the host, which calls it before `handleStop`. */
  stopTimers(): void {
    this.#stopped = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}
