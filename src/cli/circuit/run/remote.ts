/** One run of a program on one server. */
import type { Anchor } from "../../../circuit/anchor.js";
import type { Process } from "../../../circuit/elements/process.js";
import type { Command } from "../../../wire/circuit/contract.js";
import { NOT_RUN } from "../failure.js";
import type { EndSignal } from "../world.js";
import type { Sink, SinkStream } from "./sink.js";

/** As a shell has it where SIGKILL ended a program. */
const KILLED = 137;

const ignore = (): void => undefined;

export class Remote {
  readonly #anchor: Anchor;
  readonly #command: Command;
  readonly #sink: Sink;
  readonly #started: Promise<Process>;
  #start: (process: Process | Promise<never>) => void = ignore;
  #interruptions = 0;

  constructor(anchor: Anchor, command: Command, sink: Sink) {
    this.#anchor = anchor;
    this.#command = command;
    this.#sink = sink;
    this.#started = new Promise((resolve) => (this.#start = resolve));
    this.#started.catch(ignore);
  }

  /** Where its standard input is written; rejects where it did not start. */
  get input(): Promise<WritableStreamDefaultWriter<Uint8Array | string>> {
    return this.#started.then((process) => process.stdin().getWriter());
  }

  /** Never rejects. @returns the exit code */
  async run(): Promise<number> {
    try {
      return await this.#run();
    } catch (cause) {
      this.#sink.complain(cause instanceof Error ? cause.message : String(cause));
      this.#start(Promise.reject(cause instanceof Error ? cause : new Error(String(cause))));
      return NOT_RUN;
    }
  }

  /** The first is handed on to the program; the second ends it with all that it has started. */
  interrupt(signal: EndSignal): void {
    this.#interruptions += 1;
    const isFirst = this.#interruptions === 1;
    const obey = async (process: Process): Promise<void> => {
      if (isFirst) await process.signal(signal);
      else await process.scrub({ kill: true });
    };
    this.#started.then(obey).catch(ignore);
  }

  async #run(): Promise<number> {
    const process = await this.#anchor.makeProc(this.#command);
    this.#start(process);
    try {
      const [stat] = await Promise.all([process.wait(), this.#print(process, "stdout"), this.#print(process, "stderr")]);
      return stat.ExitCode ?? NOT_RUN;
    } catch (cause) {
      if (this.#interruptions > 1) return KILLED;
      throw cause;
    } finally {
      await process.scrub({ kill: true }).catch(ignore);
    }
  }

  /** Where nobody reads it any more the program is told so, as it would be in a pipe of its own host. */
  async #print(process: Process, stream: SinkStream): Promise<void> {
    const onDropped = (bytes: number): void => this.#sink.complain(`${bytes} bytes of ${stream} were lost on the way`);
    const reader = process[stream]({ onDropped }).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return this.#sink.end(stream);
      if (await this.#sink.write(stream, value)) continue;
      await reader.cancel("nobody reads it any more");
      await process.signal("PIPE").catch(ignore);
      return;
    }
  }
}
