/** Restarts watchers whose command's file was changed or replaced. */
import { isDeepStrictEqual } from "node:util";
import { CallError, CallTimeout, CircusPlugin } from "circusd/plugin";
import { WatcherNames } from "../watcher-names.js";
import { commandOf, find, type Command, type Found } from "./command-file.js";

/** What the processes of a watcher run, and what was found in its place at the last look. */
interface Known {
  readonly command: Command;
  readonly running: Found;
  readonly seen: Found;
}

export class CommandReloader extends CircusPlugin {
  readonly #loopRate = this.options.seconds("loop_rate", 1);
  readonly #names = new WatcherNames(this);
  #known: ReadonlyMap<string, Known> = new Map();

  override async handleInit(): Promise<void> {
    await this.#lookAfter();
    this.every(this.#loopRate, () => this.#lookAfter());
  }

  override handleRecv(): void {}

  async #lookAfter(): Promise<void> {
    const names = await this.#names.all().catch(forgive);
    // While circusd does not answer nothing is forgotten.
    if (names === null) return;
    const known = new Map<string, Known>();
    for (const name of names) {
      const now = name.startsWith("plugin:") ? null : await this.#lookAt(name, this.#known.get(name) ?? null);
      if (now !== null) known.set(name, now);
    }
    this.#known = known;
  }

  async #lookAt(name: string, before: Known | null): Promise<Known | null> {
    const reply = await this.call("options", { name }).catch(forgive);
    const command = reply === null ? null : commandOf(reply.options, process.env["PATH"]);
    const found = command === null ? null : await find(command);
    // A file that is away for a moment may be on its way back.
    if (command === null || found === null) return before;
    // With another command circusd itself replaces the processes.
    if (before === null || !isDeepStrictEqual(before.command, command)) {
      this.log.debug(`"${name}" runs ${found.path}`);
      return { command, running: found, seen: found };
    }
    if (same(found, before.running)) return { ...before, seen: found };
    // Half a file is not worth running: it has to be the same twice.
    if (!same(found, before.seen)) return { ...before, seen: found };
    return (await this.#restart(name, found)) ? { command, running: found, seen: found } : before;
  }

  /** What is stopped stays stopped, and runs the new file when it is started. */
  async #restart(name: string, { path }: Found): Promise<boolean> {
    try {
      const { status } = await this.call("status", { name });
      if (status === "starting" || status === "stopping") return false;
      if (status !== "active") return true;
      this.log.info(`${path} modified. Restarting "${name}"`);
      await this.call("restart", { name });
      return true;
    } catch (error) {
      forgive(error);
      this.log.warning(`Cannot restart "${name}", whose ${path} was modified: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }
}

function same(one: Found, other: Found): boolean {
  return one.path === other.path && one.version === other.version;
}

/** A watcher may be gone between two questions, and circusd busy. */
function forgive(error: unknown): null {
  if (error instanceof CallError || error instanceof CallTimeout) return null;
  throw error;
}
