/** A file of users or tokens, read again when it has changed, so that who was removed is out at once. */
import { readFile, stat } from "node:fs/promises";
import type { Clock, Log, Millis } from "../../core/ports.js";
import type { Result } from "../../core/result.js";

/** Milliseconds for which a file is not looked at again. */
const LOOK = 1_000;

/** Whoever else may read or write the file. */
const OTHERS = 0o077;

export interface AccountFileParts<T> {
  /** For messages: `password file`. */
  readonly what: string;
  readonly path: string;
  readonly parse: (text: string) => Result<ReadonlyMap<string, T>, string>;
  readonly clock: Clock;
  readonly log: Log;
}

export class AccountFile<T> {
  readonly #parts: AccountFileParts<T>;
  #entries: ReadonlyMap<string, T> = new Map();
  #version = "";
  #looked: Millis = -Infinity;
  #fault: string | null = null;

  private constructor(parts: AccountFileParts<T>) {
    this.#parts = parts;
  }

  /** @throws Error where it cannot be read, or a line of it cannot be understood */
  static async open<T>(parts: AccountFileParts<T>): Promise<AccountFile<T>> {
    const file = new AccountFile(parts);
    await file.#read();
    return file;
  }

  /** A file that can no longer be read lets nobody in. Never rejects. */
  async find(key: string): Promise<T | null> {
    const { clock, log } = this.#parts;
    if (clock.now() - this.#looked >= LOOK) {
      try {
        await this.#read();
        this.#fault = null;
      } catch (cause) {
        const fault = cause instanceof Error ? cause.message : String(cause);
        if (fault !== this.#fault) log.error(`${fault}; nobody in it gets in until that is put right`);
        this.#fault = fault;
        this.#entries = new Map();
        this.#version = "";
      }
    }
    return this.#entries.get(key) ?? null;
  }

  async #read(): Promise<void> {
    const { what, path, parse, clock, log } = this.#parts;
    this.#looked = clock.now();
    try {
      const { mtimeMs, size, ino, mode } = await stat(path);
      const version = `${mtimeMs} ${size} ${ino}`;
      if (version === this.#version) return;
      const entries = parse(await readFile(path, "utf8"));
      if (!entries.ok) throw new Error(entries.failure);
      if ((mode & OTHERS) !== 0) log.warning(`The ${what} "${path}" can be read by others; chmod 600 puts that right`);
      this.#entries = entries.value;
      this.#version = version;
    } catch (cause) {
      throw new Error(`Cannot read the ${what} "${path}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
}
