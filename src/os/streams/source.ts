/** Reads one worker's pipe to its end. All sources of a daemon read into one buffer, so an idle worker costs no memory. */
import fs from "node:fs";
import net from "node:net";

/** One read takes at most this much. */
export const READ_SIZE = 256 * 1024;

/**
 * A read below this size, soon after the last one, shows a worker that writes many small pieces: reading
 * them one by one would slow it down, so the pipe is left to fill up for a moment.
 */
const SMALL_READ = 8 * 1024;
/** As many small reads in one breath make a worker that is worth waiting for. */
const MANY_READS = 4;

/** Runs many callbacks with one timer, a moment later. */
export type Later = (run: () => void) => void;

export interface SourceContext {
  /** READ_SIZE bytes, shared by all sources. */
  readonly buffer: Buffer;
  readonly later: Later;
  /** The chunk is only valid during the call. */
  onChunk(chunk: Buffer): void;
  /** Called once, when the descriptor is at its end or broken; never after `close`. */
  onEnd(error: Error | null): void;
}

export class Source {
  readonly #fd: number;
  readonly #socket: net.Socket;
  readonly #context: SourceContext;
  #reads = 0;
  #breathing = false;
  #paused = false;
  #done = false;

  /** @throws when the descriptor is no pipe, socket or the like; it is then still the caller's. */
  constructor(fd: number, context: SourceContext) {
    this.#fd = fd;
    this.#context = context;
    const callback = (count: number): boolean => this.#onRead(count);
    // Node's types know `onread` only for sockets that connect; a constructed one takes it too.
    const options = { fd, readable: true, writable: false, onread: { buffer: context.buffer, callback } };
    this.#socket = new net.Socket(options);
    let failure: Error | null = null;
    this.#socket.on("error", (error) => (failure = error));
    this.#socket.on("close", () => this.#finish(failure));
  }

  pause(): void {
    this.#paused = true;
    if (!this.#breathing) this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#breathing) this.#socket.resume();
  }

  /** Reads what is there now without waiting for more, though no more than about so many bytes; also while it is paused. */
  poll(limit: number): void {
    if (this.#done || this.#drain(limit) !== "ended") return;
    this.#finish(null);
    this.#socket.destroy();
  }

  /** Reads what is there without waiting for more, then closes the descriptor. */
  close(): void {
    if (this.#done) return;
    this.#done = true;
    this.#drain(Infinity);
    this.#socket.destroy();
  }

  #onRead(count: number): boolean {
    this.#context.onChunk(this.#context.buffer.subarray(0, count));
    if (count >= SMALL_READ) this.#reads = 0;
    else if (++this.#reads >= MANY_READS) this.#breathe();
    else if (this.#reads === 1) this.#context.later(() => (this.#reads = 0));
    return !this.#breathing && !this.#paused && !this.#done;
  }

  #breathe(): void {
    this.#breathing = true;
    this.#context.later(() => {
      this.#breathing = false;
      this.#reads = 0;
      if (!this.#paused && !this.#done) this.#socket.resume();
    });
  }

  #finish(error: Error | null): void {
    if (this.#done) return;
    this.#done = true;
    this.#context.onEnd(error);
  }

  #drain(limit: number): "ended" | "empty" {
    // A socket that has come to its end closes the descriptor before it says so, and its number may mean another pipe by now.
    if (this.#socket.destroyed) return "empty";
    const { buffer } = this.#context;
    try {
      for (let room = limit; room > 0;) {
        const count = fs.readSync(this.#fd, buffer, 0, Math.min(room, buffer.length), null);
        if (count === 0) return "ended";
        room -= count;
        this.#context.onChunk(buffer.subarray(0, count));
      }
    } catch {
      // EAGAIN: the pipe is empty. Anything else is told by the next read of the socket.
    }
    return "empty";
  }
}
