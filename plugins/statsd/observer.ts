/** What plugins that report to a statsd have in common, and those that look at something again and again. */
import { CircusPlugin, type PluginContext } from "circusd/plugin";
import { StatsdClient } from "./client.js";

/** A plugin with a statsd client, by Circus's options and under Circus's prefix. */
export abstract class StatsdPlugin extends CircusPlugin {
  protected readonly statsd: StatsdClient;

  /** @param application the application_name where the section has none */
  constructor(context: PluginContext, application = "app") {
    super(context);
    const host = this.options.text("host", "localhost");
    const port = this.options.integer("port", 8125, { min: 1, max: 65535 });
    const sampleRate = this.options.number("sample_rate", 1, { min: 0, max: 1 });
    if (sampleRate === 0) throw this.options.mistake("sample_rate", "expected a number above 0, up to 1");
    const prefix = `circus.${this.options.text("application_name", application)}.watcher`;
    this.statsd = new StatsdClient({ host, port, prefix, sampleRate });
  }

  override handleStop(): Promise<void> {
    return this.statsd.close();
  }
}

/** A plugin that looks at something every `loop_rate` seconds, never twice at a time. */
export abstract class Observer extends StatsdPlugin {
  readonly #loopRate = this.options.seconds("loop_rate", 60);

  override handleInit(): void {
    this.every(this.#loopRate, () => this.lookAfter());
  }

  override handleRecv(): void {}

  protected abstract lookAfter(): Promise<void>;
}
