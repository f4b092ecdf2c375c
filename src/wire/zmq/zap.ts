/** Lets dialers in by their public key: the doorkeeper whom libzmq asks about every CURVE handshake (ZeroMQ RFC 27). */
import { Router, type Context } from "zeromq";
import { z85 } from "./curve.js";
import { ignoreLost, receive } from "./sockets.js";

/** Who came: the public key in Z85, and the host's IP address. */
export type Admit = (publicKey: string, host: string) => boolean;

/** Where libzmq looks for it, in each context apart. */
const ENDPOINT = "inproc://zeromq.zap.01";
const NO_BYTES = new Uint8Array(0);

/** Answers for all sockets of a context until it is closed. */
export function keepDoor(context: Context, admit: Admit): { close(): void } {
  const socket = new Router({ context, linger: 0, sendTimeout: 0 });
  socket.bindSync(ENDPOINT);
  void receive(socket, ([asker, , version, request, , host, , mechanism, credential]) => {
    if (asker === undefined || version === undefined || request === undefined) return;
    const isAdmitted =
      mechanism?.toString() === "CURVE" && credential?.length === 32 && admit(z85(credential), host?.toString() ?? "an unknown host");
    const [status, text] = isAdmitted ? ["200", "OK"] : ["400", "No such key"];
    socket.send([asker, NO_BYTES, version, request, status, text, NO_BYTES, NO_BYTES]).catch(ignoreLost);
  });
  return {
    close() {
      socket.close();
    },
  };
}
