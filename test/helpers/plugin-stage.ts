/** One plugin in this process, with a daemon of memory that answers as the test says, and real time. */
import { hostPlugin } from "../../src/plugin/host.js";
import type { PluginClass, PluginConfig } from "../../src/plugin/index.js";
import type { Clock } from "../../src/core/ports.js";
import { systemClock } from "../../src/os/clock.js";
import { encodeJson, isObject } from "../../src/wire/codec.js";
import { openMemory } from "../../src/wire/memory/transport.js";
import { eventually } from "./facts.js";

export interface PluginRequest {
  readonly command: string;
  readonly properties: unknown;
}

export interface PluginSetting {
  readonly config?: PluginConfig;
  /** What circusd answers, without envelope; null keeps silent. */
  readonly answer?: (request: PluginRequest) => object | null | Promise<object>;
  readonly clock?: Pick<Clock, "now" | "epoch" | "after">;
}

interface Cleanup {
  after(run: () => Promise<void>): void;
}

export class PluginStage {
  /** Commands that the plugin has sent so far. */
  readonly requests: PluginRequest[] = [];
  /** `level message` of everything it has logged. */
  readonly log: string[] = [];
  readonly #stop = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #publish: (topic: string, body: string) => void = () => undefined;
  #failure: unknown = null;

  private constructor() {}

  /** Starts it and lets it go on until the end of the test. */
  static async start(t: Cleanup, Plugin: PluginClass, { config = {}, answer = () => ({}), clock = systemClock() }: PluginSetting) {
    const stage = new PluginStage();
    const transport = openMemory();
    const server = await transport.serve("memory://control", { maxFrame: 1e6 }, (incoming) => {
      const request: unknown = JSON.parse(Buffer.concat(incoming.frames).toString("utf8"));
      if (!isObject(request)) throw new Error("a request that is no object");
      const { id, command, properties } = request;
      const asked = { command: String(command), properties };
      stage.requests.push(asked);
      void Promise.resolve(answer(asked)).then((reply) => {
        if (reply !== null && request["msg_type"] !== "cast") incoming.respond(encodeJson({ status: "ok", time: 1.5, ...reply, id }));
      });
    });
    const events = await transport.publish("memory://events");
    stage.#publish = (topic, body) => events.publish(topic, body);
    const log = (level: string) => (message: string) => void stage.log.push(`${level} ${message}`);
    // A network of memory holds no socket that would keep the test alive.
    const alive = setInterval(() => undefined, 60_000);
    stage.#ended = hostPlugin(Plugin, {
      name: "test",
      config,
      endpoint: "memory://control",
      pubsubEndpoint: "memory://events",
      transport,
      log: { debug: log("debug"), info: log("info"), warning: log("warning"), error: log("error"), critical: log("critical") },
      clock,
      stop: stage.#stop.signal,
    });
    stage.#ended.catch((error: unknown) => (stage.#failure = error));
    t.after(async () => {
      clearInterval(alive);
      await stage.stop().finally(() => server.close());
    });
    return stage;
  }

  publish(topic: string, payload: object): void {
    this.#publish(topic, JSON.stringify(payload));
  }

  /** Stops the plugin in good order. @throws what it failed with */
  stop(): Promise<void> {
    this.#stop.abort();
    return this.#ended;
  }

  /** Waits until something holds. @throws what the plugin failed with meanwhile */
  async until(holds: () => boolean): Promise<void> {
    await eventually(
      () => {
        if (this.#failure !== null) throw this.#failure instanceof Error ? this.#failure : new Error("the plugin failed");
        return { holds: holds(), log: this.log, requests: this.requests };
      },
      (look) => look.holds,
    );
  }

  count(command: string): number {
    return this.requests.filter((request) => request.command === command).length;
  }
}

/** Starts a plugin whose options are wrong. @returns what it says of them */
export async function refusalOf(Plugin: PluginClass, config: PluginConfig): Promise<string> {
  const undo: (() => Promise<void>)[] = [];
  const stage = await PluginStage.start({ after: (run) => void undo.push(run) }, Plugin, { config });
  try {
    await stage.until(() => false);
    return "";
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  } finally {
    await Promise.allSettled(undo.map((run) => run()));
  }
}
