/**
 * One file as a pump's target: appended to, rolled over at line ends, and followed: when something else
 * stands at its path (logrotate moved it, somebody removed it), the path is opened again at the next write.
 * Pipes and terminals work too; they are neither rolled over nor followed.
 */
import fs from "node:fs";
import { promisify } from "node:util";
import type { Clock, Log, Millis } from "../../core/ports.js";
import type { Target } from "./pump.js";
import { reasonOf } from "./pump.js";
import type { Rollover } from "./rollover.js";
import { NEWLINE } from "./sink.js";

const open = promisify(fs.open);
const close = promisify(fs.close);
const fstat = promisify(fs.fstat);
const stat = promisify(fs.stat);
const truncate = promisify(fs.ftruncate);

/** Not blocking, for pipes without a reader and terminals; it means nothing to a regular file. */
const FLAGS = fs.constants.O_WRONLY | fs.constants.O_APPEND | fs.constants.O_CREAT | fs.constants.O_NONBLOCK;
const MODE = 0o666;
/** Milliseconds between two looks at where the path leads: what is written meanwhile into a removed file is lost. */
const LOOK_EVERY = 50;
/** Milliseconds until a rollover that failed is tried again. */
const ROLL_AGAIN = 10_000;

/** Errors after which the open file is as good as before. */
const KEEPS_FILE = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EAGAIN"]);

interface OpenFile {
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
  readonly regular: boolean;
  size: number;
}

export interface FileContext {
  readonly log: Log;
  readonly clock: Clock;
}

export class FileTarget implements Target {
  readonly path: string;
  /** Seconds since the epoch when the file that was found was last written; null where there was none. */
  readonly lastWritten: number | null;
  #rollover: Rollover | null = null;
  readonly #context: FileContext;
  #file: OpenFile | null;
  #midLine = false;
  #nextLook: Millis = 0;
  #noRollBefore: Millis = 0;

  private constructor(path: string, context: FileContext, found: { readonly file: OpenFile; readonly lastWritten: number | null }) {
    this.path = path;
    this.#context = context;
    this.#file = found.file;
    this.lastWritten = found.lastWritten;
    this.#nextLook = context.clock.now() + LOOK_EVERY;
  }

  /** @throws the system's error when it cannot be opened. */
  static async open(path: string, context: FileContext): Promise<FileTarget> {
    const lastWritten = await stat(path).then(
      (found) => (found.isFile() ? found.mtimeMs / 1000 : null),
      () => null,
    );
    return new FileTarget(path, context, { file: await openFile(path), lastWritten });
  }

  /** The file may have to end at a line's end. */
  get rotates(): boolean {
    return this.#rollover !== null;
  }

  useRollover(rollover: Rollover | null): void {
    this.#rollover = rollover;
  }

  reopen(): void {
    this.#nextLook = 0;
  }

  async write(bytes: Buffer): Promise<number> {
    const file = await this.#current();
    let count = bytes.length;
    if (file.regular && this.#rollover !== null && this.#context.clock.now() >= this.#noRollBefore) {
      count = this.#rollover.share(bytes, { size: file.size, midLine: this.#midLine }, this.#context.clock.epoch());
      if (count === 0) {
        await this.#roll(file, this.#rollover);
        return this.write(bytes);
      }
    }
    return this.#append(file, bytes, count);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    if (file !== null) await close(file.fd).catch(() => undefined);
  }

  async #append(file: OpenFile, bytes: Buffer, count: number): Promise<number> {
    try {
      const written = await write(file.fd, bytes, count);
      file.size += written;
      if (written > 0) this.#midLine = bytes[written - 1] !== NEWLINE;
      return written;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (code === "EAGAIN") return 0;
      this.#nextLook = 0;
      if (!KEEPS_FILE.has(code)) await this.close();
      throw error;
    }
  }

  /** The open file, or the one that its path leads to now. */
  async #current(): Promise<OpenFile> {
    const now = this.#context.clock.now();
    const file = this.#file;
    if (file !== null && (!file.regular || now < this.#nextLook)) return file;
    this.#nextLook = now + LOOK_EVERY;
    if (file !== null && (await leadsTo(this.path, file))) return file;
    try {
      return await this.#replace();
    } catch (error) {
      // Without this the next try would succeed, into a file that nobody can find.
      this.#nextLook = 0;
      throw error;
    }
  }

  async #replace(): Promise<OpenFile> {
    const next = await openFile(this.path);
    await this.close();
    this.#midLine = false;
    this.#file = next;
    return next;
  }

  async #roll(file: OpenFile, rollover: Rollover): Promise<void> {
    try {
      if ((await rollover.roll(this.path, this.#context.clock.epoch())) === "truncate") {
        await truncate(file.fd, 0);
        file.size = 0;
      } else {
        await this.#replace();
      }
    } catch (error) {
      // Output is worth more than a tidy directory: it goes on into the file that is there.
      this.#noRollBefore = this.#context.clock.now() + ROLL_AGAIN;
      this.#context.log.error(`Cannot roll over "${this.path}": ${reasonOf(error)}; the file grows until it can be done`);
    }
  }
}

async function openFile(path: string): Promise<OpenFile> {
  const fd = await open(path, FLAGS, MODE);
  try {
    const found = await fstat(fd);
    return { fd, dev: found.dev, ino: found.ino, regular: found.isFile(), size: found.isFile() ? found.size : 0 };
  } catch (error) {
    await close(fd);
    throw error;
  }
}

async function leadsTo(path: string, file: OpenFile): Promise<boolean> {
  return stat(path).then(
    (found) => found.dev === file.dev && found.ino === file.ino,
    () => false,
  );
}

function write(fd: number, bytes: Buffer, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(fd, bytes, 0, count, null, (error, written) => {
      if (error === null) resolve(written);
      else reject(error);
    });
  });
}
