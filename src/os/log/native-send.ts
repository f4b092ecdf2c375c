/**
 * Sends that never wait. Node speaks neither datagrams to a unix socket such as /dev/log, nor can it write to a socket
 * it inherited without making it non-blocking for everyone who shares it; starting logger(1) for each line would give
 * the daemon children of its own. So three calls come through koffi.
 */
import { constants, endianness } from "node:os";
import koffi from "koffi";

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
/** Of `sun_path`, with its final zero, or with the first one of an abstract address. */
const LONGEST_PATH = 108;

export interface UnixDatagrams {
  /** False when nobody listens or the receiver's queue is full. */
  send(message: Buffer): boolean;
  close(): void;
}

/**
 * An address that begins with `@` is an abstract one, with no file. Every message looks the path up again, so a restart of the receiver goes unnoticed.
 * @throws Error when the path is too long or no socket can be made
 */
export function openUnixDatagrams(path: string): UnixDatagrams {
  const address = addressOf(path);
  const libc = koffi.load(null);
  const socket: (family: number, type: number, protocol: number) => number = libc.func("int socket(int, int, int)");
  const close: (fd: number) => number = libc.func("int close(int)");
  const sendto: (...args: [fd: number, data: Buffer, length: number, flags: number, address: Buffer, size: number]) => number = libc.func(
    "intptr_t sendto(int, const void *, size_t, int, const void *, uint32_t)",
  );
  const fd = socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (fd < 0) throw new Error(`Cannot make a unix socket to send to "${path}"`);
  return {
    send: (message) => sendto(fd, message, message.length, MSG_DONTWAIT_NOSIGNAL, address, address.length) === message.length,
    close: () => {
      close(fd);
    },
  };
}

/** Writes to a connected socket: how many bytes went out, 0 when it is full, null when the other end is gone. */
export function socketWriter(fd: number): (chunk: Buffer) => number | null {
  const send: (...args: [fd: number, data: Buffer, length: number, flags: number]) => number = koffi
    .load(null)
    .func("intptr_t send(int, const void *, size_t, int)");
  return (chunk) => {
    const sent = send(fd, chunk, chunk.length, MSG_DONTWAIT_NOSIGNAL);
    if (sent >= 0) return sent;
    const errno = koffi.errno();
    return errno === constants.errno.EAGAIN || errno === constants.errno.EINTR ? 0 : null;
  };
}

function addressOf(path: string): Buffer {
  const bytes = Buffer.from(path);
  if (bytes.length >= LONGEST_PATH) throw new Error(`Cannot send to "${path}": a socket's path has at most ${LONGEST_PATH - 1} bytes`);
  const abstract = path.startsWith("@");
  // A path ends with a zero; an abstract address begins with one, in place of the `@`, and ends with its length.
  const address = Buffer.alloc(2 + bytes.length + (abstract ? 0 : 1));
  if (endianness() === "LE") address.writeUInt16LE(AF_UNIX);
  else address.writeUInt16BE(AF_UNIX);
  bytes.copy(address, 2);
  if (abstract) address[2] = 0;
  return address;
}
