/**
 * The streams of a container, each over a connection of its own that the engine hands over after an HTTP request: so one of them may
 * be held up while the others go on.
 */
import type { Socket } from "node:net";
import type { ContainerListener, ContainerStreams, EngineFailure } from "../core/circuit/container-port.js";
import type { ProgramOutput } from "../core/circuit/process-port.js";
import { fail, succeed, type Result } from "../core/result.js";
import { FrameReader } from "./docker-frames.js";
import { refusalOf, sendRequest, unreachable } from "./docker-request.js";
import { SocketInput } from "./element-input.js";

/** A connection, and what has come over it already. */
interface Handed {
  readonly socket: Socket;
  readonly head: Buffer;
}

interface Place {
  /** Path of the engine's socket. */
  readonly socket: string;
  /** Of the request, up to its question mark. */
  readonly path: string;
}

/** The failure leaves no connection. */
export async function attachStreams<L extends ContainerListener>(
  place: Place,
  attend: (streams: ContainerStreams) => L,
): Promise<Result<L, EngineFailure>> {
  const [stdin, stdout, stderr] = await Promise.all([hijack(place, "stdin"), hijack(place, "stdout"), hijack(place, "stderr")]);
  if (!stdin.ok || !stdout.ok || !stderr.ok) {
    for (const one of [stdin, stdout, stderr]) if (one.ok) one.value.socket.destroy();
    const failed = [stdin, stdout, stderr].find((one) => !one.ok);
    return failed?.ok === false ? failed : fail(unreachable(place.socket, "internal: a stream failed without a reason"));
  }
  const outputs = { stdout: new AttachedOutput(stdout.value), stderr: new AttachedOutput(stderr.value) };
  const listener = attend({
    stdin: new SocketInput(stdin.value.socket),
    ...outputs,
    release() {
      outputs.stdout.close();
      outputs.stderr.close();
    },
  });
  for (const stream of ["stdout", "stderr"] as const) {
    outputs[stream].begin({ onChunk: (chunk) => listener.output(stream, chunk), onEnd: () => listener.outputEnded(stream) });
  }
  return succeed(listener);
}

function hijack({ socket: place, path }: Place, stream: string): Promise<Result<Handed, EngineFailure>> {
  return new Promise((resolve) => {
    const headers = { Connection: "Upgrade", Upgrade: "tcp" };
    const sent = sendRequest(place, { method: "POST", path: `${path}?stream=1&${stream}=1` }, headers);
    sent.once("error", (cause) => resolve(fail(unreachable(place, cause))));
    sent.once("upgrade", (_response, socket: Socket, head) => {
      // The silence of a container means nothing, and its connections keep no program alive.
      socket.setTimeout(0);
      socket.unref();
      socket.on("error", () => undefined);
      resolve(succeed({ socket, head }));
    });
    sent.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("error", () => undefined);
      response.once("close", () => resolve(fail(refusalOf(response.statusCode ?? 0, text))));
    });
  });
}

interface OutputEnds {
  readonly onChunk: (chunk: Uint8Array) => void;
  readonly onEnd: () => void;
}

class AttachedOutput implements ProgramOutput {
  readonly #socket: Socket;
  readonly #head: Buffer;

  constructor({ socket, head }: Handed) {
    this.#socket = socket;
    this.#head = head;
  }

  begin({ onChunk, onEnd }: OutputEnds): void {
    const frames = new FrameReader(onChunk);
    const read = (chunk: Buffer): void => {
      try {
        frames.push(chunk);
      } catch (cause) {
        this.#socket.destroy(cause instanceof Error ? cause : new Error(String(cause)));
      }
    };
    this.#socket.once("close", onEnd);
    read(this.#head);
    this.#socket.on("data", read);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Node hands what it has read to the listener of data. */
  poll(limit: number): void {
    for (let room = limit; room > 0;) {
      const chunk: unknown = this.#socket.read();
      if (!(chunk instanceof Uint8Array)) return;
      room -= chunk.length;
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}
