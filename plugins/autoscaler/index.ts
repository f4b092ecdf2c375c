/** Keeps the numprocesses of a watcher between two bounds, as its load or a number that a command prints demands. */
import { CallError, CallTimeout, CircusPlugin, type PluginContext } from "circusd/plugin";
import { Deadline } from "../deadline.js";
import { runCommand } from "../run-command.js";
import { CpuMeter } from "./cpu-meter.js";
import { Scaler, type Decision, type ScaleRule } from "./decision.js";

/** Seconds for which the end of a change is waited for: processes may need their time to stop. */
const CHANGE_TIMEOUT = 600;

type Metric = "cpu" | "command";

export class Autoscaler extends CircusPlugin {
  readonly #client: PluginContext["client"];
  readonly #clock: PluginContext["clock"];
  readonly #watcher: string;
  readonly #loopRate = this.options.seconds("loop_rate", 10);
  readonly #command = this.options.argv("command");
  readonly #timeout = this.options.seconds("timeout", 5);
  readonly #meter = new CpuMeter(this.options.flag("process_children", false));
  readonly #metric: Metric;
  readonly #scaler: Scaler;
  readonly #stopping = new AbortController();
  /** What was last told, so that the same is not told again and again. */
  #told = "";

  constructor(context: PluginContext) {
    super(context);
    this.#client = context.client;
    this.#clock = context.clock;
    this.#watcher = this.options.required("watcher", "WATCHER");
    this.#metric = this.#readMetric();
    this.#scaler = new Scaler(this.#readRule());
  }

  override handleInit(): void {
    this.every(this.#loopRate, () => this.#lookAfter());
  }

  override handleRecv(): void {}

  override handleStop(): void {
    this.#stopping.abort(new Error("the plugin stops"));
  }

  async #lookAfter(): Promise<void> {
    try {
      await this.#scale();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      if (!(error instanceof CallError || error instanceof CallTimeout)) throw error;
      this.#tell("warning", `Cannot look after "${this.#watcher}": ${error.message}`);
    }
  }

  async #scale(): Promise<void> {
    const { status } = await this.call("status", { name: this.#watcher });
    if (status !== "active") return this.log.debug(`Leaves "${this.#watcher}" alone: it is ${status}`);
    const { options } = await this.call("get", { name: this.#watcher, keys: ["numprocesses"] });
    const count = Number(options["numprocesses"]);
    const figure = await this.#figure(count);
    if (this.#stopping.signal.aborted) return;
    await this.#apply(this.#scaler.decide({ now: this.#elapsed(), count, figure }), count);
  }

  async #apply(decision: Decision, count: number): Promise<void> {
    const subject = `numprocesses of "${this.#watcher}"`;
    switch (decision.kind) {
      case "keep":
        return this.log.debug(`Leaves ${subject} at ${count}: ${decision.why}`);
      case "yield":
        return this.#tell("info", `Leaves ${subject} at ${count}: ${decision.why}`);
      case "set":
        this.#told = "";
        this.log.info(`Sets ${subject} from ${count} to ${decision.count}: ${decision.why}`);
        await this.#set(decision.count);
    }
  }

  async #set(numprocesses: number): Promise<void> {
    const options = { timeout: CHANGE_TIMEOUT, signal: this.#stopping.signal };
    try {
      // Its end is waited for, or the next look would still find the old number.
      await this.#client.call("set", { name: this.#watcher, waiting: true, options: { numprocesses } }, options);
    } catch (error) {
      this.#scaler.refused();
      throw error;
    }
  }

  /** What the rule is about; null where it is not known now. */
  async #figure(count: number): Promise<number | null> {
    switch (this.#metric) {
      case "cpu": {
        const reply = await this.call("stats", { name: this.#watcher });
        return "info" in reply && typeof reply.info === "object" ? this.#meter.measure({ ...reply.info }, this.#elapsed()) : null;
      }
      case "command":
        return this.#printed(count);
    }
  }

  async #printed(count: number): Promise<number | null> {
    using deadline = new Deadline(this.#timeout, this.#stopping.signal);
    const ended = await runCommand({
      argv: this.#command ?? [],
      env: { CIRCUS_WATCHER: this.#watcher, CIRCUS_NUMPROCESSES: String(count) },
      signal: deadline.signal,
    });
    if (this.#stopping.signal.aborted) return null;
    const program = `No figure for "${this.#watcher}": the command "${this.#command?.[0] ?? ""}"`;
    if (ended.kind === "failed") {
      this.#tell("warning", `${program} ${ended.reason}`);
      return null;
    }
    const text = ended.stdout.trim();
    if (/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
    this.#tell("warning", `${program} printed ${JSON.stringify(text.slice(0, 100))} in place of a number`);
    return null;
  }

  /** Says what does not change for a while only once. */
  #tell(level: "info" | "warning", message: string): void {
    if (message !== this.#told) this.log[level](message);
    this.#told = message;
  }

  #elapsed(): number {
    return this.#clock.now() / 1000;
  }

  #readMetric(): Metric {
    const metric = this.options.text("metric", this.#command === null ? "cpu" : "command");
    if (metric !== "cpu" && metric !== "command") throw this.options.mistake("metric", "expected cpu or command");
    if (metric === "command") this.options.required("command", "PROGRAM that prints a number");
    return metric;
  }

  #readRule(): ScaleRule {
    const { options } = this;
    const average = this.#metric === "cpu";
    // Without a process there is no load, and so there would never be one again.
    const min = options.integer("min", 1, { min: average ? 1 : 0 });
    options.required("max", "NUMBER, the most processes that there may be");
    const max = options.integer("max", min, { min: Math.max(1, min) });
    if (!average)
      for (const key of ["scale_up_at", "scale_down_at"]) options.required(key, "NUMBER, as what the command prints could be anything");
    const upAt = options.number("scale_up_at", 75);
    const downAt = options.number("scale_down_at", 25);
    if (downAt >= upAt) {
      const blamed = options.text("scale_down_at") === null ? "scale_up_at" : "scale_down_at";
      throw options.mistake(blamed, `expected scale_down_at, which is ${downAt}, to be below scale_up_at, which is ${upAt}`);
    }
    return {
      ...{ min, max, upAt, downAt, average },
      cooldownUp: options.number("cooldown_up", 60, { min: 0 }),
      cooldownDown: options.number("cooldown_down", 300, { min: 0 }),
      step: options.integer("step", 1, { min: 1 }),
    };
  }
}
