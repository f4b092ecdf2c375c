/** Sends signals to the processes of one watcher: asks the hooks first, publishes what was sent. */
import type { Pid } from "../core/ports.js";
import type { Result } from "../core/result.js";
import { signalName } from "../core/signals.js";
import type { HookCaller } from "./hook-caller.js";
import type { RunnerParts } from "./parts.js";

const SIGKILL = 9;

/** Whom the signals go to: a pid that was reaped may belong to a stranger by now. */
export interface Flock {
  readonly name: string;
  lives(pid: Pid): boolean;
}

export class Signaller {
  readonly #parts: Pick<RunnerParts, "host" | "publisher" | "log">;
  readonly #hooks: HookCaller;
  readonly #flock: Flock;

  constructor(parts: Pick<RunnerParts, "host" | "publisher" | "log">, hooks: HookCaller, flock: Flock) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#flock = flock;
  }

  /**
   * The signal of a stop: to a process, and to its children where asked. before_signal may keep it back, then
   * SIGKILL comes at the deadline. Does without a turn of the loop where there are no hooks.
   */
  stop(pid: Pid, signal: number, children: boolean): Promise<void> | null {
    const send = () => {
      // The look at what is below also tells the host whom to look for when the leader is gone.
      const below = this.#parts.host.children(pid, true);
      const targets = children ? [pid, ...below] : [pid];
      for (const target of targets) {
        this.send(target, signal);
        this.#parts.publisher.publish(this.#flock.name, "kill", { process_pid: target });
      }
    };
    if (this.#hooks.has("before_signal") || this.#hooks.has("after_signal")) return this.#asking(pid, signal, send);
    send();
    return null;
  }

  /**
   * A signal that a user sends: to a process, which before_signal may keep it from, and to those that `below` lists
   * at the moment of sending, for pids that were listed earlier may belong to strangers by then. It publishes
   * nothing, as in Circus.
   * @returns how each of the sendings went
   */
  async forward(pid: Pid, signum: number, below: () => readonly Pid[]): Promise<readonly Result<void, { readonly code: string }>[]> {
    const allowed = await this.#hooks.ask("before_signal", { pid, signum });
    if (!this.#flock.lives(pid)) return [];
    const targets = below();
    const leader = allowed || signum === SIGKILL ? [pid] : [];
    const sent = [...leader, ...targets].map((target) => this.#parts.host.signal(target, signum));
    await this.#hooks.ask("after_signal", { pid, signum });
    return sent;
  }

  /** To a leader's whole tree; nobody is asked. */
  tree(leader: Pid, signal: number): void {
    for (const pid of this.#parts.host.signalTree(leader, signal)) {
      this.#parts.publisher.publish(this.#flock.name, "kill", { process_pid: pid });
    }
  }

  /** To one process, as it is. */
  send(pid: Pid, signal: number): void {
    const sent = this.#parts.host.signal(pid, signal);
    // One that has just died needs no signal; its exit is on the way.
    if (sent.ok || sent.failure.code === "ESRCH") return;
    this.#parts.log.warning(`Cannot send ${signalName(signal)} to process ${pid} of "${this.#flock.name}": ${sent.failure.code}`);
  }

  async #asking(pid: Pid, signum: number, send: () => void): Promise<void> {
    const allowed = await this.#hooks.ask("before_signal", { pid, signum });
    if (this.#flock.lives(pid) && (allowed || signum === SIGKILL)) send();
    await this.#hooks.ask("after_signal", { pid, signum });
  }
}
