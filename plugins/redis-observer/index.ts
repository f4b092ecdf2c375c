/** Asks a Redis how it is, sends its figures to a statsd, and restarts a watcher when there is no answer. */
import { PluginOptionError, type PluginContext } from "circusd/plugin";
import { Redis } from "ioredis";
import { HealthObserver, type Health } from "../statsd/health-observer.js";
import { redisAddress, shownUrl, type RedisAddress } from "./address.js";
import { observedFigures } from "./info.js";

/** One connection without ado, in the protocol that every version of Redis speaks. */
const ONCE = {
  lazyConnect: true,
  enableReadyCheck: false,
  retryStrategy: () => null,
  disableClientInfo: true,
  protocol: 2,
  disconnectTimeout: 10,
} as const;

export class RedisObserver extends HealthObserver {
  protected override readonly family = "redis_stats";
  protected override readonly subject: string;
  readonly #address: RedisAddress;

  constructor(context: PluginContext) {
    super(context, { application: "redis_observer", timeout: 5, restarts: "restart_on_timeout" });
    const url = this.options.text("redis_url", "redis://localhost:6379/0");
    const address = redisAddress(url);
    if (address === null) {
      const place = `redis_url = "${shownUrl(url)}" in [plugin:${this.name}]`;
      throw new PluginOptionError(`Cannot use ${place}: expected redis://HOST:PORT/DB, rediss://… or unix:///PATH?db=DB`);
    }
    this.#address = address;
    this.subject = shownUrl(url);
  }

  /** A connection of its own each time: one that was made before a Redis went away would only tell of then. */
  protected override async ask(signal: AbortSignal): Promise<Health> {
    const redis = new Redis({ ...this.#address, ...ONCE });
    // It says why there is no connection, which the promises do not.
    let cause: Error | null = null;
    redis.on("error", (error: Error) => (cause = error));
    const giveUp = (): void => redis.disconnect();
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      await redis.connect();
      const figures = observedFigures(await redis.info());
      return { kind: "well", report: () => figures.forEach(([name, value]) => this.statsd.gauge(`${this.family}.${name}`, value)) };
    } catch (error) {
      const told: unknown = signal.aborted ? signal.reason : (cause ?? error);
      return { kind: "ill", reason: told instanceof Error ? told.message : String(told) };
    } finally {
      signal.removeEventListener("abort", giveUp);
      redis.disconnect();
    }
  }
}
