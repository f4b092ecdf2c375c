/** Connecting a socket, with a message that people can act on. */
import type { Socket } from "zeromq";

/**
 * Connects in the background; a daemon that is not there yet is no failure.
 * @throws Error when the text is no endpoint.
 */
export function connect(socket: Socket, endpoint: string): void {
  try {
    socket.connect(endpoint);
  } catch (cause) {
    socket.close();
    throw new Error(`Cannot connect to "${endpoint}": not an endpoint; write tcp://HOST:PORT or ipc://PATH`, { cause });
  }
}
