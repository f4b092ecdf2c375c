/** Replaces processes of a watcher that use too much or too little of processor or memory. */
import { CallError, CallTimeout, parseSignal, type PluginContext, type ProcessStats } from "circusd/plugin";
import { Observer } from "../statsd/observer.js";
import { readLimits, type Limit } from "./limits.js";
import { Processes } from "./processes.js";

export class ResourceWatcher extends Observer {
  readonly #watcher: string;
  readonly #processes = new Processes(readLimits(this.options));
  readonly #withChildren = this.options.flag("process_children", false);
  readonly #childSignal = this.#readSignal("child_signal", "TERM");

  constructor(context: PluginContext) {
    super(context);
    const service = this.options.text("service");
    if (service !== null)
      this.log.warning(`[plugin:${this.name}] has service = ${service}: write watcher = ${service}, as service is deprecated`);
    this.#watcher = this.options.text("watcher") ?? service ?? this.options.required("watcher", "NAME");
  }

  protected override async lookAfter(): Promise<void> {
    const stats = await this.#forgiving(() => this.call("stats", { name: this.#watcher }));
    if (stats === null || !("name" in stats)) return;
    for (const process of Object.values(stats.info)) if (typeof process === "object") await this.#judge(process);
    this.#processes.finish();
  }

  async #judge(leader: ProcessStats): Promise<void> {
    if (this.#isGuilty(leader)) await this.#replace(leader.pid);
    if (!this.#withChildren) return;
    for (const child of descendants(leader)) if (this.#isGuilty(child)) await this.#end(child.pid, leader.pid);
  }

  #isGuilty(process: ProcessStats): boolean {
    const { exceeded, guilty } = this.#processes.judge(process, this.elapsed());
    for (const limit of exceeded) this.#count(limit);
    if (guilty.length === 0) return false;
    this.#count("restarting");
    this.log.warning(
      `${this.#watcher}: process ${process.pid} is ${guilty.map((limit) => WORDS[limit]).join(" and ")} for too long; ending it`,
    );
    return true;
  }

  /** The watcher replaces it. */
  async #replace(pid: number): Promise<void> {
    await this.#forgiving(() => this.call("kill", { name: this.#watcher, pid }));
  }

  async #end(childpid: number, pid: number): Promise<void> {
    const signal = { name: this.#watcher, pid, childpid, signum: this.#childSignal };
    await this.#forgiving(() => this.call("signal", signal));
  }

  /** What has ended by itself meanwhile needs nothing more, and a circusd that is busy is asked again at the next look. */
  async #forgiving<T>(ask: () => Promise<T>): Promise<T | null> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof CallError || error instanceof CallTimeout)) throw error;
      this.#count("error");
      this.log.warning(`Cannot look after "${this.#watcher}": ${error.message}`);
      return null;
    }
  }

  #count(what: string): void {
    this.statsd.increment(`_resource_watcher.${this.#watcher}.${what}`);
  }

  #readSignal(key: string, byDefault: string): number {
    const signal = parseSignal(this.options.text(key, byDefault));
    if (signal === null) throw this.options.mistake(key, "expected a signal such as TERM or 15");
    return signal.number;
  }
}

const WORDS: Readonly<Record<Limit, string>> = {
  over_cpu: "over max_cpu",
  under_cpu: "at or under min_cpu",
  over_memory: "over max_mem",
  under_memory: "under min_mem",
  over_health: "over health_threshold",
};

function descendants({ children }: ProcessStats): readonly ProcessStats[] {
  return children.flatMap((child) => [child, ...descendants(child)]);
}
