/** The daemon's standard output as a pump's target. */
import fs from "node:fs";
import { promisify } from "node:util";
import type { Target } from "./pump.js";

const open = promisify(fs.open);
const fstat = promisify(fs.fstat);
const close = promisify(fs.close);

/**
 * Opens a pipe or terminal anew so that it can be written without blocking: the descriptor itself is shared
 * with workers and others, who would be surprised to find it changed. A file is written through the shared
 * descriptor, whose position all its writers share; so is a socket, which cannot be opened anew: there a
 * thread may have to wait.
 */
export async function openStdout(fd: number): Promise<Target> {
  const found = await fstat(fd);
  const renewable = found.isFIFO() || found.isCharacterDevice();
  const own = renewable ? await open(`/proc/self/fd/${fd}`, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK).catch(() => null) : null;
  return {
    write: (bytes) => write(own ?? fd, bytes),
    reopen: () => undefined,
    close: async () => {
      if (own !== null) await close(own).catch(() => undefined);
    },
  };
}

function write(fd: number, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(fd, bytes, 0, bytes.length, null, (error, written) => {
      if (error === null) resolve(written);
      else if (error.code === "EAGAIN") resolve(0);
      else reject(error);
    });
  });
}
