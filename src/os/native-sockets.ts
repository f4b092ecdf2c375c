/**
 * The socket calls of libc that Node has no door to, each as a function that answers with a value or the
 * name of its errno. What to do with sockets is decided elsewhere.
 */
import { closeSync, constants } from "node:fs";
import { getSystemErrorName } from "node:util";
import koffi from "koffi";
import { fail, succeed, type Result } from "../core/result.js";

/** An errno name such as `EADDRINUSE`. */
export type Errno = string;

export interface SocketCalls {
  /** The descriptor is closed on exec. */
  socket(kind: {
    readonly family: number;
    readonly type: number;
    readonly protocol: number;
    readonly blocking: boolean;
  }): Result<number, Errno>;
  /** Switches a boolean option of SOL_SOCKET on. */
  enable(fd: number, option: number): Result<void, Errno>;
  /** A numeric option of SOL_SOCKET. */
  getOption(fd: number, option: number): Result<number, Errno>;
  bindToDevice(fd: number, device: string): Result<void, Errno>;
  bind(fd: number, address: Buffer): Result<void, Errno>;
  listen(fd: number, backlog: number): Result<void, Errno>;
  /** The address that the socket is bound to, as the kernel writes it. */
  getsockname(fd: number): Result<Buffer, Errno>;
  /** A second descriptor, closed on exec, of the same open socket. */
  duplicate(fd: number): Result<number, Errno>;
  isBlocking(fd: number): Result<boolean, Errno>;
  setBlocking(fd: number, blocking: boolean): Result<void, Errno>;
  close(fd: number): void;
}

/** Numbers of Linux; they are the same on every architecture that Node has binaries for. */
export const FAMILIES = { AF_UNIX: 1, AF_INET: 2, AF_INET6: 10 } as const;
export const TYPES = { SOCK_STREAM: 1, SOCK_DGRAM: 2, SOCK_RAW: 3, SOCK_SEQPACKET: 5 } as const;
export const OPTIONS = { SO_REUSEADDR: 2, SO_TYPE: 3, SO_REUSEPORT: 15, SO_BINDTODEVICE: 25, SO_ACCEPTCONN: 30 } as const;

const { O_NONBLOCK } = constants;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const F_GETFL = 3;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
/** Room for the largest address there is, sockaddr_storage. */
const LARGEST_ADDRESS = 128;

/**
 * Binds the calls to the C library that this process runs on; costs under a millisecond.
 *
 * @throws where the C library lacks one of them, which no Linux does
 * @example `const calls = loadSocketCalls(); const made = calls.socket({ family: 2, type: 1, protocol: 0, blocking: false });`
 */
export function loadSocketCalls(): SocketCalls {
  const libc = koffi.load(null);
  const socket: (family: number, type: number, protocol: number) => number = libc.func("int socket(int, int, int)");
  const setsockopt: (...args: [fd: number, level: number, option: number, value: Buffer, size: number]) => number = libc.func(
    "int setsockopt(int, int, int, const void *, uint32_t)",
  );
  const getsockopt: (...args: [fd: number, level: number, option: number, value: Buffer, size: Buffer]) => number = libc.func(
    "int getsockopt(int, int, int, void *, void *)",
  );
  const bind: (fd: number, address: Buffer, size: number) => number = libc.func("int bind(int, const void *, uint32_t)");
  const listen: (fd: number, backlog: number) => number = libc.func("int listen(int, int)");
  const getsockname: (fd: number, address: Buffer, size: Buffer) => number = libc.func("int getsockname(int, void *, void *)");
  const fcntl: (...args: [fd: number, command: number, type: "int", value: number]) => number = libc.func("int fcntl(int, int, ...)");

  const answer = (returned: number): Result<number, Errno> =>
    returned >= 0 ? succeed(returned) : fail(getSystemErrorName(-koffi.errno()));
  const done = (returned: number): Result<void, Errno> => (returned >= 0 ? succeed(undefined) : fail(getSystemErrorName(-koffi.errno())));
  const option = (fd: number, name: number, value: Buffer): Result<void, Errno> =>
    done(setsockopt(fd, SOL_SOCKET, name, value, value.length));
  const flags = (fd: number): Result<number, Errno> => answer(fcntl(fd, F_GETFL, "int", 0));

  return {
    socket: ({ family, type, protocol, blocking }) => answer(socket(family, type | SOCK_CLOEXEC | (blocking ? 0 : O_NONBLOCK), protocol)),
    enable: (fd, name) => option(fd, name, Buffer.from(Int32Array.of(1).buffer)),
    getOption: (fd, name) => {
      const value = Int32Array.of(0);
      const asked = done(getsockopt(fd, SOL_SOCKET, name, Buffer.from(value.buffer), Buffer.from(Int32Array.of(value.byteLength).buffer)));
      return asked.ok ? succeed(value[0] ?? 0) : asked;
    },
    bindToDevice: (fd, device) => option(fd, OPTIONS.SO_BINDTODEVICE, Buffer.from(`${device}\0`)),
    bind: (fd, address) => done(bind(fd, address, address.length)),
    listen: (fd, backlog) => done(listen(fd, backlog)),
    getsockname: (fd) => {
      const address = Buffer.alloc(LARGEST_ADDRESS);
      const size = Int32Array.of(LARGEST_ADDRESS);
      const asked = done(getsockname(fd, address, Buffer.from(size.buffer)));
      return asked.ok ? succeed(address.subarray(0, size[0])) : asked;
    },
    duplicate: (fd) => answer(fcntl(fd, F_DUPFD_CLOEXEC, "int", 3)),
    isBlocking: (fd) => {
      const read = flags(fd);
      return read.ok ? succeed((read.value & O_NONBLOCK) === 0) : read;
    },
    setBlocking: (fd, blocking) => {
      const read = flags(fd);
      if (!read.ok) return read;
      return done(fcntl(fd, F_SETFL, "int", blocking ? read.value & ~O_NONBLOCK : read.value | O_NONBLOCK));
    },
    close: (fd) => {
      closeSync(fd);
    },
  };
}
