/** Tells of deaths: asks the hooks around them, and publishes `reap` before anything that follows from the death. */
import type { Exit, Pid } from "../core/ports.js";
import type { HookCaller } from "./hook-caller.js";
import type { Publisher } from "./publisher.js";

export class Reaps {
  readonly #name: string;
  readonly #publisher: Publisher;
  readonly #hooks: HookCaller;
  /** Deaths that are not published yet, because before_reap is thinking. */
  readonly #pending = new Map<Pid, () => void>();

  constructor(name: string, publisher: Publisher, hooks: HookCaller) {
    this.#name = name;
    this.#publisher = publisher;
    this.#hooks = hooks;
  }

  /** Publishes a death, after before_reap where that is quick. @returns the work of the hooks; null where there are none */
  take(pid: Pid, exit: Exit): Promise<null> | null {
    const exitCode = exit.kind === "exited" ? exit.code : -exit.signal;
    const publish = () => {
      this.#publisher.publish(this.#name, "reap", { process_pid: pid, exit_code: exitCode });
    };
    if (!this.#hooks.has("before_reap") && !this.#hooks.has("after_reap")) {
      publish();
      return null;
    }
    this.#pending.set(pid, publish);
    return this.#ask(pid, exitCode);
  }

  /** Publishes what waits for its hook: a `spawn` or a `stop` is about to be published, which must not come first. */
  flush(): void {
    for (const pid of this.#pending.keys()) this.#publish(pid);
  }

  async #ask(pid: Pid, exitCode: number): Promise<null> {
    try {
      await this.#hooks.ask("before_reap", { pid });
    } finally {
      this.#publish(pid);
    }
    await this.#hooks.ask("after_reap", { pid, exitCode });
    return null;
  }

  #publish(pid: Pid): void {
    const publish = this.#pending.get(pid);
    this.#pending.delete(pid);
    publish?.();
  }
}
