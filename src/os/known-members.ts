/** Keeps on disk which servers of a circuit were known, so that the next server on this host finds them again. */
import { readFileSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { KnownMembers } from "../core/circuit/known-members-port.js";
import type { Cancel, Clock, Log } from "../core/ports.js";

export interface KnownMembersOptions {
  /** Of the file; the directory is made where it is not there. */
  readonly path: string;
  readonly clock: Pick<Clock, "after">;
  readonly log: Pick<Log, "warning">;
}

/** Changes come in bursts, in milliseconds. */
const DELAY = 1000;
/** A file that holds more is not ours. */
const MOST = 1024;

/** @example `fileOfMembers({ path: "/var/lib/circusd/members.json", clock, log })` */
export function fileOfMembers(options: KnownMembersOptions): KnownMembers {
  return new FileOfMembers(options);
}

class FileOfMembers implements KnownMembers {
  readonly #options: KnownMembersOptions;
  /** What is to be written; null where the file has it. */
  #pending: readonly string[] | null = null;
  #cancel: Cancel = () => undefined;
  #writing: Promise<void> = Promise.resolve();
  #isWarned = false;

  constructor(options: KnownMembersOptions) {
    this.#options = options;
  }

  load(): readonly string[] {
    try {
      const value: unknown = JSON.parse(readFileSync(this.#options.path, "utf8"));
      if (typeof value !== "object" || value === null || !("members" in value) || !Array.isArray(value.members)) throw new Error("no list");
      return value.members.filter((address: unknown) => typeof address === "string").slice(0, MOST);
    } catch (cause) {
      if (!isMissing(cause)) this.#warn("read", cause, "it begins with none, and the file is written anew");
      return [];
    }
  }

  save(addresses: readonly string[]): void {
    const isPlanned = this.#pending !== null;
    this.#pending = addresses;
    if (!isPlanned) this.#cancel = this.#options.clock.after(DELAY, () => void this.#write());
  }

  async close(): Promise<void> {
    this.#cancel();
    await this.#write();
  }

  #write(): Promise<void> {
    const members = this.#pending;
    this.#pending = null;
    if (members !== null) this.#writing = this.#writing.then(() => this.#replace(members));
    return this.#writing;
  }

  /** Whoever reads the file sees the old list or the whole new one. */
  async #replace(members: readonly string[]): Promise<void> {
    const { path: file } = this.#options;
    const draft = `${file}.${process.pid}`;
    try {
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      await writeThrough(draft, `${JSON.stringify({ members }, null, 2)}\n`);
      await rename(draft, file);
      this.#isWarned = false;
    } catch (cause) {
      await rm(draft, { force: true }).catch(() => undefined);
      this.#warn("write", cause, "the next start does not know them");
    }
  }

  /** Once, until it works again. */
  #warn(act: string, cause: unknown, then: string): void {
    if (this.#isWarned) return;
    this.#isWarned = true;
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#options.log.warning(`Cannot ${act} the members of the circuit in "${this.#options.path}": ${why}; ${then}`);
  }
}

async function writeThrough(file: string, text: string): Promise<void> {
  const handle = await open(file, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}
