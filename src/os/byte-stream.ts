/** TCP connections to programs of this host. */
import { connect, type Socket } from "node:net";
import type { ByteStream, OpenByteStream } from "../core/circuit/serf-port.js";
import { fail, succeed, type Result } from "../core/result.js";

/** @example `const opened = await openByteStream({ host: "127.0.0.1", port: 7373 }, 1000);` */
export const openByteStream: OpenByteStream = ({ host, port }, timeout) =>
  new Promise<Result<ByteStream, string>>((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    // A connection alone is no reason to go on living.
    socket.unref();
    socket.setTimeout(timeout, () => socket.destroy(new Error(`no answer within ${timeout / 1000} s`)));
    socket.once("error", (cause) => resolve(fail(cause.message)));
    socket.once("connect", () => {
      socket.setTimeout(0);
      resolve(succeed(streamOver(socket)));
    });
  });

function streamOver(socket: Socket): ByteStream {
  // An error is followed by the end, which is all that anybody wants to know.
  socket.on("error", () => undefined);
  return {
    chunks: read(socket),
    write(bytes) {
      if (socket.writable) socket.write(bytes);
    },
    close: () => socket.destroy(),
  };
}

async function* read(socket: Socket): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of socket) if (chunk instanceof Uint8Array) yield chunk;
  } catch {
    // It broke.
  }
}
