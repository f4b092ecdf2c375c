/** The two streams of one watcher: open while it runs, switched by `set`. What they said last outlives them. */
import { keptLines, readStream } from "../core/kept-output.js";
import type { OutputChannel, OutputPlan, Outputs, OutputTail } from "../core/ports.js";
import type { Result } from "../core/result.js";
import { fail, succeed } from "../core/result.js";
import type { StreamSpec, WatcherSpec } from "../core/spec.js";

const STREAMS = ["stdout", "stderr"] as const;
type StreamName = (typeof STREAMS)[number];

export class WatcherOutputs {
  readonly #outputs: Outputs;
  readonly #spec: () => WatcherSpec;
  readonly #tail: OutputTail;
  readonly #channels = new Map<StreamName, OutputChannel>();
  /** Streams that are configured no more; processes that were started with them may still write. */
  readonly #retired: OutputChannel[] = [];
  /** Counts the closings: an open that comes back after one belongs to nobody. */
  #generation = 0;

  constructor(outputs: Outputs, spec: () => WatcherSpec) {
    this.#outputs = outputs;
    this.#spec = spec;
    this.#tail = outputs.tail();
  }

  /** What was said last, as much of it as the watcher keeps now. */
  get tail(): OutputTail {
    this.#tail.resize(keptLines(this.#spec()));
    return this.#tail;
  }

  /** Opens what is configured and not open yet. */
  async open(): Promise<Result<void, string>> {
    const generation = this.#generation;
    for (const name of STREAMS) {
      const spec = readStream(this.#spec(), name);
      if (spec === null || this.#channels.has(name)) continue;
      const channel = await this.#outputs.open(spec, { watcher: this.#spec().name, stream: name, tail: this.tail });
      if (generation !== this.#generation) {
        if (channel.ok) await channel.value.close();
        return fail(`Cannot open ${name} of "${this.#spec().name}": the stop came first`);
      }
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
   * Makes the open streams what `next` says, of the watcher that runs. A failure leaves them as they were.
   * A process that had no stream gets none while it runs: such ones are to be replaced.
   * @returns "overtaken" where the streams were closed meanwhile, so that nothing was switched
   */
  async follow(next: WatcherSpec): Promise<Result<"followed" | "overtaken", string>> {
    const generation = this.#generation;
    const opened = new Map<StreamName, OutputChannel>();
    const switched: { readonly channel: OutputChannel; readonly was: StreamSpec }[] = [];
    const undo = async (failure: string): Promise<Result<never, string>> => {
      for (const { channel, was } of switched) await channel.change(was);
      await Promise.all([...opened.values()].map((channel) => channel.close()));
      return fail(failure);
    };
    for (const name of STREAMS) {
      const spec = readStream(next, name);
      const channel = this.#channels.get(name);
      if (spec === null || channel?.spec === spec) continue;
      if (channel === undefined) {
        const made = await this.#outputs.open(spec, { watcher: next.name, stream: name, tail: this.#tail });
        if (!made.ok) return undo(made.failure);
        opened.set(name, made.value);
      } else {
        const was = channel.spec;
        const changed = await channel.change(spec);
        if (!changed.ok) return undo(changed.failure);
        switched.push({ channel, was });
      }
    }
    if (generation !== this.#generation) {
      await Promise.all([...opened.values()].map((channel) => channel.close()));
      return succeed("overtaken");
    }
    for (const [name, channel] of this.#channels) if (readStream(next, name) === null) this.#retire(name, channel);
    for (const [name, channel] of opened) this.#channels.set(name, channel);
    this.#tail.resize(keptLines(next));
    return succeed("followed");
  }

  /** Reopens files by their names. */
  reopen(): void {
    for (const channel of this.#channels.values()) channel.reopen();
  }

  /** Lets go of the streams: each closes when the processes that were let go with it have ended. */
  release(): void {
    this.#generation += 1;
    for (const channel of [...this.#channels.values(), ...this.#retired.splice(0)]) channel.closeWhenIdle();
    this.#channels.clear();
  }

  async close(): Promise<void> {
    this.#generation += 1;
    const channels = [...this.#channels.values(), ...this.#retired.splice(0)];
    this.#channels.clear();
    await Promise.all(channels.map((channel) => channel.close()));
  }

  #retire(name: StreamName, channel: OutputChannel): void {
    this.#channels.delete(name);
    this.#retired.push(channel);
  }

  #plan(name: StreamName): OutputPlan {
    const channel = this.#channels.get(name);
    return channel === undefined ? { kind: "inherit" } : { kind: "channel", channel };
  }
}
