/** Stops a watcher whose processes die again and again, and starts it after a while, up to a number of tries. */
import { CallError, CallTimeout, CircusPlugin, type Commands, type PluginEvent } from "circusd/plugin";
import { WatcherNames } from "../watcher-names.js";
import { Deaths, type Rules, type Verdict } from "./deaths.js";

/** What is known of one watcher. */
interface Watch {
  readonly deaths: Deaths;
  /** Processes that were told to end: their deaths are nobody's fault. */
  readonly asked: Set<number>;
  /** Gives up the start that is due; null while the watcher is left alone. */
  waiting: (() => void) | null;
  rules: { readonly at: number; readonly rules: Rules | null } | null;
}

/** A start that is to come. */
interface Due {
  /** Seconds. */
  readonly after: number;
  /** How often the watcher was told to stop, ours included: more says that somebody wants it to stay so. Null where circusd does not tell. */
  readonly stops: number | null;
}

type Options = Commands["options"]["reply"]["options"];

/** Seconds for which a watcher's options are remembered: a storm of deaths is no storm of questions. */
const FRESH = 1;

export class Flapping extends CircusPlugin {
  readonly #rules: Rules = {
    active: this.options.flag("active", true),
    attempts: this.options.integer("attempts", 2, { min: 1 }),
    window: this.options.number("window", 1, { min: 0 }),
    retryIn: this.options.number("retry_in", 7, { min: 0 }),
    maxRetry: this.options.integer("max_retry", 5, { min: -1 }),
  };
  readonly #names = new WatcherNames(this);
  readonly #watches = new Map<string, Watch>();

  override async handleRecv(data: PluginEvent): Promise<void> {
    const [topic, action, message] = this.splitData(data);
    const watch = this.#watchOf(topic);
    const payload = this.loadMessage(message);
    const pid = numberIn(payload, "process_pid") ?? 0;
    const time = numberIn(payload, "time") ?? this.now();
    switch (action) {
      case "spawn":
        return watch.deaths.replaced(time);
      case "kill":
        watch.asked.add(pid);
        return;
      case "reap":
        // What dies while the watcher is being stopped belongs to the same flapping.
        if (watch.asked.delete(pid) || watch.waiting !== null) return;
        return this.#forgiving(topic, () => this.#died(topic, watch, time));
      case "updated":
        watch.rules = null;
        return;
      case "stop":
      case "reload":
        // Of children that were killed too nobody hears again.
        watch.deaths.left();
        return watch.asked.clear();
      case "start":
        // Where its start was due, someone else has done it, and begins anew.
        if (watch.waiting !== null) this.#forget(topic, watch);
        return;
      case "remove":
        return this.#forget(topic, watch);
    }
  }

  #forget(topic: string, watch: Watch): void {
    watch.waiting?.();
    this.#watches.delete(topic);
  }

  #watchOf(topic: string): Watch {
    const known = this.#watches.get(topic);
    if (known !== undefined) return known;
    const watch: Watch = { deaths: new Deaths(), asked: new Set(), waiting: null, rules: null };
    this.#watches.set(topic, watch);
    return watch;
  }

  /** @param at seconds since the epoch */
  async #died(topic: string, watch: Watch, at: number): Promise<void> {
    const name = await this.#names.of(topic);
    const rules = name === null ? null : await this.#rulesOf(name, watch);
    if (name === null || rules === null || !rules.active) return;
    const verdict = watch.deaths.add(at, rules);
    if (verdict.kind === "bearable") return;
    const { status, stops } = await this.#statusOf(name);
    // Someone was quicker.
    if (status !== "active" && status !== "starting") return;
    this.log.warning(`${name}: flapping detected: ${describe(verdict, rules)}`);
    if (verdict.kind === "retry") this.#startLater(name, watch, { after: rules.retryIn, stops: stops === null ? null : stops + 1 });
    await this.call("stop", { name });
  }

  #startLater(name: string, watch: Watch, due: Due): void {
    watch.waiting = this.after(due.after, () => {
      watch.waiting = null;
      return this.#forgiving(name, () =>
        this.#start(name, due).catch((error: unknown) => {
          // Otherwise nobody would start it any more.
          if (error instanceof CallTimeout) this.#startLater(name, watch, due);
          throw error;
        }),
      );
    });
  }

  async #start(name: string, due: Due): Promise<void> {
    const { status, stops } = await this.#statusOf(name);
    if (status !== "stopped" && status !== "stopping") return;
    if (stops === null || due.stops === null || stops <= due.stops) await this.call("start", { name });
    else this.log.info(`${name}: stopped by a command meanwhile, and stays stopped`);
  }

  async #statusOf(name: string): Promise<{ readonly status: string; readonly stops: number | null }> {
    const reply = await this.call("status", { name });
    return { status: reply.status, stops: "stops" in reply ? (reply.stops ?? null) : null };
  }

  /** Null where the watcher replaces none of its processes: such deaths are ends. */
  async #rulesOf(name: string, watch: Watch): Promise<Rules | null> {
    if (watch.rules !== null && this.elapsed() - watch.rules.at < FRESH) return watch.rules.rules;
    const { options } = await this.call("options", { name });
    const rules = options["respawn"] === false ? null : this.#readRules(name, options);
    watch.rules = { at: this.elapsed(), rules };
    return rules;
  }

  /** The plugin's options, where the watcher has none of its own. */
  #readRules(name: string, options: Options): Rules {
    const number = (key: string, byDefault: number, least: number): number => {
      const given = options[`flapping.${key}`];
      if (given === undefined || given === null || given === "") return byDefault;
      const value = typeof given === "object" ? NaN : Number(given);
      if (value >= least) return value;
      this.log.warning(`${name}: flapping.${key} = ${JSON.stringify(given)} is no number of ${least} or more; ${byDefault} is used`);
      return byDefault;
    };
    const active = options["flapping.active"] ?? this.#rules.active;
    return {
      active: !/^(false|no|off|0|f|n)$/i.test(typeof active === "object" ? "" : String(active).trim()),
      attempts: Math.trunc(number("attempts", this.#rules.attempts, 1)),
      window: number("window", this.#rules.window, 0),
      retryIn: number("retry_in", this.#rules.retryIn, 0),
      maxRetry: Math.trunc(number("max_retry", this.#rules.maxRetry, -1)),
    };
  }

  /** A watcher that is gone, or a circusd that is busy, is told and left alone: the next death is counted all the same. */
  async #forgiving(name: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof CallError || error instanceof CallTimeout)) throw error;
      this.log.warning(`${name}: cannot keep it from flapping: ${error.message}`);
    }
  }
}

function describe(verdict: Verdict, { retryIn }: Rules): string {
  return verdict.kind === "retry" ? `retry in ${retryIn}s (attempt number ${verdict.attempt})` : "reached max retry limit";
}

function numberIn(payload: unknown, key: string): number | null {
  const value: unknown = typeof payload === "object" && payload !== null ? Reflect.get(payload, key) : null;
  return typeof value === "number" ? value : null;
}
