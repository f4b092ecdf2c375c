/** Changes the options of a watcher that may be running: the streams first, for only they can fail. */
import { readStream } from "../core/kept-output.js";
import type { Pid } from "../core/ports.js";
import type { WatcherSpec } from "../core/spec.js";
import type { Answer, Command } from "../core/watcher/state.js";
import type { WatcherStatus } from "../wire/contract.js";
import type { WatcherOutputs } from "./watcher-outputs.js";

type Change = Extract<Command, { kind: "configure" }>["change"];
type Sequel = Extract<Command, { kind: "configure" }>["then"];

export interface Configured {
  readonly spec: WatcherSpec;
  readonly status: WatcherStatus;
  readonly pids: readonly Pid[];
  readonly outputs: WatcherOutputs;
  command(command: Command): Promise<Answer>;
}

export class Configurer {
  readonly #watcher: Configured;
  #last: Promise<void> = Promise.resolve();

  constructor(watcher: Configured) {
    this.#watcher = watcher;
  }

  /** One after the other: a switch of streams takes its time, and the next one has to begin with what it has made. */
  configure(change: Change, then: Sequel): Promise<Answer> {
    const turn = this.#last.then(() => this.#configure(change, then));
    this.#last = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  async #configure(change: Change, then: Sequel): Promise<Answer> {
    const { spec, outputs, pids, status } = this.#watcher;
    const next = change(spec);
    const streams = (["stdout", "stderr"] as const).some((name) => readStream(next, name) !== readStream(spec, name));
    const follows = streams || next.tailLines !== spec.tailLines;
    if (!follows || (pids.length === 0 && status !== "active")) return this.#watcher.command({ kind: "configure", change, then });
    const followed = await outputs.follow(next);
    if (!followed.ok) return { ok: false, reason: followed.failure };
    if (followed.value === "overtaken") return this.#configure(change, then);
    // These very objects are what the streams know.
    const { stdoutStream, stderrStream, tailLines } = next;
    return this.#watcher.command({ kind: "configure", change: (now) => ({ ...change(now), stdoutStream, stderrStream, tailLines }), then });
  }
}
