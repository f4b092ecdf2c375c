/** The write end of a program's stdin: a pipe, or a connection to who has it. */
import net from "node:net";
import type { ProgramInput } from "../core/circuit/process-port.js";

export class SocketInput implements ProgramInput {
  readonly #socket: net.Socket;

  /** @param socket to be written to; it belongs to this object from now on */
  constructor(socket: net.Socket) {
    this.#socket = socket;
    // A program that does not read its stdin is in its rights; whoever writes is told by the outcome of the write.
    this.#socket.on("error", () => undefined);
  }

  write(bytes: Uint8Array): Promise<boolean> {
    if (!this.#socket.writable) return Promise.resolve(false);
    return new Promise((resolve) => this.#socket.write(bytes, (error) => resolve(error === null || error === undefined)));
  }

  end(): void {
    if (this.#socket.writable) this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }
}

export class PipeInput extends SocketInput {
  /** @param fd of a pipe; it belongs to this object from now on */
  constructor(fd: number) {
    super(new net.Socket({ fd, readable: false, writable: true }));
  }
}
