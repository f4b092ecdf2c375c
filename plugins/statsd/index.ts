/** Counts events at a statsd (StatsdEmitter), or sends it the figures of all processes (FullStats). */
import { CallError, CallTimeout, type PluginEvent } from "circusd/plugin";
import { figuresOf } from "./full-stats.js";
import { Observer, StatsdPlugin } from "./observer.js";

/** Counts every event: `circus.APP.watcher.WATCHER.EVENT`. */
export class StatsdEmitter extends StatsdPlugin {
  override handleRecv(data: PluginEvent): void {
    const [watcher, action] = this.splitData(data);
    this.statsd.increment(`${watcher}.${action}`);
  }
}

/** Sends what `circusctl stats` shows, every loop_rate seconds: `circus.APP.watcher._stats.WATCHER.FIGURE`. */
export class FullStats extends Observer {
  protected override async lookAfter(): Promise<void> {
    const infos = await this.#stats();
    if (infos === null) return this.statsd.increment("_stats.error");
    for (const [watcher, stats] of Object.entries(infos)) {
      if (watcher.startsWith("plugin:")) continue;
      for (const [name, value] of figuresOf(stats)) this.statsd.gauge(`_stats.${watcher}.${name}`, value);
    }
  }

  async #stats() {
    try {
      const reply = await this.call("stats", {});
      return "infos" in reply ? reply.infos : null;
    } catch (error) {
      if (!(error instanceof CallError || error instanceof CallTimeout)) throw error;
      this.log.warning(`Cannot ask circusd for figures: ${error.message}`);
      return null;
    }
  }
}
