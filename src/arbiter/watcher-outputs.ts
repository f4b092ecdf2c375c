/** The two streams of one watcher: open while it runs, switched by `set`. */
import type { OutputChannel, OutputPlan, Outputs } from "../core/ports.js";
import type { Result } from "../core/result.js";
import { succeed } from "../core/result.js";
import type { StreamSpec, WatcherSpec } from "../core/spec.js";

const STREAMS = ["stdout", "stderr"] as const;
type StreamName = (typeof STREAMS)[number];

export class WatcherOutputs {
  readonly #outputs: Outputs;
  readonly #spec: () => WatcherSpec;
  readonly #channels = new Map<StreamName, OutputChannel>();
  /** Streams that are configured no more; processes that were started with them may still write. */
  readonly #retired: OutputChannel[] = [];

  constructor(outputs: Outputs, spec: () => WatcherSpec) {
    this.#outputs = outputs;
    this.#spec = spec;
  }

  /** Opens what is configured and not open yet. */
  async open(): Promise<Result<void, string>> {
    for (const name of STREAMS) {
      const spec = this.#configured(name);
      if (spec === null || this.#channels.has(name)) continue;
      const channel = await this.#outputs.open(spec, { watcher: this.#spec().name, stream: name });
      if (!channel.ok) {
        await this.close();
        return channel;
      }
      this.#channels.set(name, channel.value);
    }
    return succeed(undefined);
  }

  plans(): { readonly stdout: OutputPlan; readonly stderr: OutputPlan } {
    return { stdout: this.#plan("stdout"), stderr: this.#plan("stderr") };
  }

  /**
   * Makes the open streams what the spec says now.
   * @returns whether processes must be replaced: one that had no stream cannot be given one while it runs.
   */
  async follow(): Promise<Result<{ readonly replace: boolean }, string>> {
    let replace = false;
    for (const name of STREAMS) {
      const spec = this.#configured(name);
      const channel = this.#channels.get(name);
      if (spec === null) {
        if (channel !== undefined) this.#retire(name, channel);
        continue;
      }
      if (channel === undefined) {
        replace = true;
        continue;
      }
      if (channel.spec === spec) continue;
      const changed = await channel.change(spec);
      if (!changed.ok) return changed;
    }
    return replace ? this.#openNew() : succeed({ replace });
  }

  /** Reopens files by their names. */
  reopen(): void {
    for (const channel of this.#channels.values()) channel.reopen();
  }

  async close(): Promise<void> {
    const channels = [...this.#channels.values(), ...this.#retired.splice(0)];
    this.#channels.clear();
    await Promise.all(channels.map((channel) => channel.close()));
  }

  async #openNew(): Promise<Result<{ readonly replace: boolean }, string>> {
    const opened = await this.open();
    return opened.ok ? succeed({ replace: true }) : opened;
  }

  #retire(name: StreamName, channel: OutputChannel): void {
    this.#channels.delete(name);
    this.#retired.push(channel);
  }

  #plan(name: StreamName): OutputPlan {
    const channel = this.#channels.get(name);
    return channel === undefined ? { kind: "inherit" } : { kind: "channel", channel };
  }

  #configured(name: StreamName): StreamSpec | null {
    return name === "stdout" ? this.#spec().stdoutStream : this.#spec().stderrStream;
  }
}
