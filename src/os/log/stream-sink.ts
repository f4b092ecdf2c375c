/**
 * Standard error (or output) as a log target, written to without ever waiting: a reader who stopped reading delays no
 * worker. The descriptor itself keeps its flags, because workers may inherit it.
 */
import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { socketWriter } from "./native-send.js";
import type { Sink } from "./sink.js";

/** Bytes that wait for a reader; what comes beyond is counted and dropped. */
const ROOM = 256 * 1024;
const RETRY = 50;
const RETRIES_AT_CLOSE = 20;

interface Target {
  /** How much went out; 0 when the reader is full, null when there is nobody to write to and never will be. */
  write(chunk: Buffer): number | null;
  close(): void;
}

/** A sink on descriptor 1 or 2 of this process. */
export function streamSink(fd: 1 | 2): Sink {
  const target = openTarget(fd);
  let waiting: Buffer[] = [];
  let size = 0;
  let dropped = 0;
  let retry: NodeJS.Timeout | null = null;

  function push(chunk: Buffer): void {
    if (size + chunk.length > ROOM) {
      dropped += 1;
      return;
    }
    waiting.push(chunk);
    size += chunk.length;
  }

  function drain(): void {
    while (size > 0) {
      const all = waiting.length === 1 && waiting[0] !== undefined ? waiting[0] : Buffer.concat(waiting);
      const written = target.write(all);
      if (written === null) {
        waiting = [];
        size = 0;
        return;
      }
      waiting = written < all.length ? [all.subarray(written)] : [];
      size = all.length - written;
      if (written === 0) break;
    }
    if (size === 0 && dropped > 0) {
      const lost = dropped;
      dropped = 0;
      push(Buffer.from(`(${lost} log lines lost: nobody read this stream)\n`));
      drain();
    }
    if (size > 0) later();
  }

  function later(): void {
    if (retry !== null) return;
    retry = setTimeout(() => {
      retry = null;
      drain();
    }, RETRY);
    retry.unref();
  }

  return {
    write(line) {
      push(Buffer.from(`${line}\n`));
      /* While it is known to be full, the timer tries again. */
      if (retry === null) drain();
    },
    reopen() {
      drain();
    },
    async close() {
      for (let round = 0; size > 0 && round < RETRIES_AT_CLOSE; round += 1) {
        await sleep(RETRY);
        drain();
      }
      if (retry !== null) clearTimeout(retry);
      target.close();
    },
  };
}

/**
 * A pipe or a terminal is opened anew, unless it belongs to another user. A file is written through the descriptor
 * itself: others who write to it share its place in the file.
 */
function openTarget(fd: 1 | 2): Target {
  const shared: Target = { write: (chunk) => tryWrite(fd, chunk), close: () => undefined };
  try {
    // Node 22 finds no packages behind symbolic links any more when the last thing looked at with small numbers was a pipe.
    const kind = fstatSync(fd, { bigint: true });
    if (kind.isSocket()) return { write: socketWriter(fd), close: () => undefined };
    if (kind.isFile()) return shared;
    const own = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    return { write: (chunk) => tryWrite(own, chunk), close: () => closeSync(own) };
  } catch {
    return shared;
  }
}

function tryWrite(fd: number, chunk: Buffer): number | null {
  try {
    return writeSync(fd, chunk);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    return code === "EAGAIN" || code === "EINTR" || code === "ENOSPC" ? 0 : null;
  }
}
