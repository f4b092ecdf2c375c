/** A plugin that asks a service how it is, and restarts a watcher when the service does not answer as it should. */
import { CallError, CallTimeout, type PluginContext } from "circusd/plugin";
import { Deadline } from "../deadline.js";
import { Observer } from "./observer.js";

export type Health =
  /** `report` sends what was found to the statsd. */
  { readonly kind: "well"; readonly report: () => void } | { readonly kind: "ill"; readonly code?: number; readonly reason: string };

/** Seconds for which the end of a restart is waited for. */
const RESTART_TIMEOUT = 600;

export interface HealthOptions {
  /** The application_name where the section has none. */
  readonly application: string;
  /** Seconds, where the section does not say. */
  readonly timeout: number;
  /** The option that names the watcher to restart. */
  readonly restarts: string;
}

export abstract class HealthObserver extends Observer {
  /** Stands before every figure, as in `http_stats.error`. */
  protected abstract readonly family: string;
  /** What is asked, for messages: a URL without its password. */
  protected abstract readonly subject: string;
  readonly #timeout: number;
  readonly #restarts: string | null;
  readonly #client: PluginContext["client"];
  readonly #stopping = new AbortController();
  #ill = false;

  constructor(context: PluginContext, { application, timeout, restarts }: HealthOptions) {
    super(context, application);
    this.#client = context.client;
    this.#timeout = this.options.seconds("timeout", timeout);
    this.#restarts = this.options.text(restarts);
  }

  override handleStop(): Promise<void> {
    this.#stopping.abort(new Error("the plugin stops"));
    return super.handleStop();
  }

  /** Never rejects; ends soon after the signal, which carries the reason to tell. */
  protected abstract ask(signal: AbortSignal): Promise<Health>;

  protected override async lookAfter(): Promise<void> {
    const health = await this.#askInTime();
    if (this.#stopping.signal.aborted) return;
    if (health.kind === "well") {
      health.report();
      if (this.#ill) this.log.info(`"${this.subject}" answers again`);
      this.#ill = false;
      return;
    }
    this.statsd.increment(`${this.family}.error`);
    if (health.code !== undefined) this.statsd.increment(`${this.family}.error.${health.code}`);
    // One that is ill for long is told of once, but restarted each time.
    if (!this.#ill || this.#restarts !== null) {
      const restarts = this.#restarts === null ? "" : `; restarting "${this.#restarts}"`;
      this.log.warning(`"${this.subject}" does not answer well: ${health.reason}${restarts}`);
    }
    this.#ill = true;
    if (this.#restarts !== null && (await this.#restart(this.#restarts))) this.statsd.increment(`${this.family}.restart_on_error`);
  }

  async #askInTime(): Promise<Health> {
    using deadline = new Deadline(this.#timeout, this.#stopping.signal);
    return await this.ask(deadline.signal);
  }

  /** Waits for its end: a look in between would ask for another restart. @returns whether circusd has done it */
  async #restart(watcher: string): Promise<boolean> {
    try {
      const options = { timeout: RESTART_TIMEOUT, signal: this.#stopping.signal };
      await this.#client.call("restart", { name: watcher, waiting: true }, options);
      return true;
    } catch (error) {
      if (this.#stopping.signal.aborted) return false;
      if (!(error instanceof CallError || error instanceof CallTimeout)) throw error;
      this.log.error(`Cannot restart "${watcher}": ${error.message}`);
      return false;
    }
  }
}
