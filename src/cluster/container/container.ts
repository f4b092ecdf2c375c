/**
 * The container element: a container that was started here through an engine, its streams, and what became of it. Its streams are
 * those of a process element; what it is like, its engine knows best.
 */
import type { ContainerListener, ContainerStreams, EngineContainer, EngineFailure } from "../../core/circuit/container-port.js";
import type { Clock, Log, Millis, OutputStreamName } from "../../core/ports.js";
import { fail, succeed, type Result } from "../../core/result.js";
import { parseSignal } from "../../core/signals.js";
import type { ContainerRun } from "../../wire/circuit/contract.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import type { Anchorage, Element, ElementHandlers } from "../elements/element.js";
import { WaitingCalls } from "../elements/process-calls.js";
import { OutputFlow } from "../elements/process-flow.js";
import { ProcessInput } from "../elements/process-input.js";
import { ProcessOutput } from "../elements/process-output.js";

export interface Attached {
  readonly container: EngineContainer;
  readonly streams: ContainerStreams;
}

export interface ContainerMaking {
  readonly run: ContainerRun;
  readonly id: string;
  readonly anchorage: Anchorage;
  readonly clock: Pick<Clock, "epoch" | "after">;
  readonly log: Pick<Log, "info" | "warning">;
  readonly grace?: Millis;
}

type Facts = Readonly<Record<string, unknown>>;

interface Stream {
  readonly flow: OutputFlow;
  readonly output: ProcessOutput;
}

/** Bytes of each output stream that are kept for readers. */
const BUFFER = 1024 * 1024;
const DEFAULT_GRACE = 5_000;
/** An engine that has gone away is asked again after so long: it may just be restarted. */
const RETRY = 1_000;
/** The engine tells of the end and sends the last output over different connections; so long the first waits for the second. */
const LAST_WORDS = 2_000;

export class ContainerElement implements Element, ContainerListener {
  readonly kind = "container";
  readonly id: string;
  readonly handlers: ElementHandlers;
  readonly #container: EngineContainer;
  readonly #attached: ContainerStreams;
  readonly #making: ContainerMaking;
  readonly #input: ProcessInput;
  readonly #streams: Readonly<Record<OutputStreamName, Stream>>;
  readonly #waiting = new WaitingCalls();
  readonly #forgotten = new AbortController();
  readonly #ended: Promise<Result<Facts, CircuitError>>;
  #end: Result<Facts, CircuitError> | null = null;
  #tellEnd: (end: Result<Facts, CircuitError>) => void = () => undefined;
  /** Called when an output stream has come to its end. */
  #onOutputEnd: () => void = () => undefined;
  /** It leaves its anchor because its container has ended (`Scrub`). */
  #leaves = false;
  #scrubbed: CircuitError | null = null;

  constructor({ container, streams }: Attached, making: ContainerMaking) {
    this.#container = container;
    this.#attached = streams;
    this.#making = making;
    this.id = making.id;
    this.#ended = new Promise((resolve) => (this.#tellEnd = resolve));
    const owner = `container "${container.name}"`;
    this.#input = new ProcessInput(streams.stdin, owner);
    const stream = (name: OutputStreamName): Stream => {
      const flow = new OutputFlow(streams[name], { capacity: BUFFER, blocks: false });
      return { flow, output: new ProcessOutput(flow, { stream: name, owner, clock: making.clock }) };
    };
    this.#streams = { stdout: stream("stdout"), stderr: stream("stderr") };
    this.handlers = {
      wait: (call) => this.#wait(call.signal),
      signal: async (_call, { signal }) => {
        await this.#signal(signal);
        return {};
      },
      stdin: (call, params) => this.#input.serve(call, params),
      output: (call, params) => this.#streams[params.stream].output.serve(call, params),
    };
  }

  /** Its container has been started: from now on its end is waited for. */
  begin(): void {
    void this.#follow();
  }

  /** @throws CircuitError `process` where the container was removed by somebody else, `unavailable` where its engine does not answer */
  async stat(): Promise<Facts> {
    const facts = await this.#container.inspect();
    if (facts.ok) return facts.value;
    // One with `Scrub` is removed before the last word about it is said.
    if (this.#end?.ok === true && this.#leaves) return this.#end.value;
    throw this.#errorOf("look at", facts.failure);
  }

  async scrub(kill: boolean): Promise<void> {
    if (this.#scrubbed !== null) return;
    const error = new CircuitError("scrubbed", `The element of container "${this.#container.name}" was scrubbed`);
    this.#scrubbed = error;
    if (this.#end === null) this.#waiting.fail(error);
    this.#input.scrub(error);
    for (const { output } of this.#each()) {
      if (this.#leaves) output.closeBehindReaders(error);
      else output.close(error);
    }
    if (kill && this.#end === null) await this.#container.stop(this.#making.grace ?? DEFAULT_GRACE);
    await this.#remove(kill);
    this.#forgotten.abort();
    // Readers of one that has ended get its last words still.
    if (!this.#leaves) this.#attached.release();
  }

  output(stream: OutputStreamName, chunk: Uint8Array): void {
    this.#streams[stream].flow.push(chunk);
  }

  outputEnded(stream: OutputStreamName): void {
    this.#streams[stream].flow.finish();
    this.#onOutputEnd();
  }

  #each(): readonly Stream[] {
    return [this.#streams.stdout, this.#streams.stderr];
  }

  async #wait(signal: AbortSignal): Promise<{ stat: unknown }> {
    if (this.#end === null && this.#scrubbed !== null) throw this.#scrubbed;
    const end = this.#end ?? (await this.#waiting.until(this.#ended, signal));
    if (!end.ok) throw end.failure;
    return { stat: end.value };
  }

  async #signal(wanted: string | number): Promise<void> {
    const signal = parseSignal(wanted);
    if (signal === null) {
      throw new CircuitError("invalid", `"${wanted}" is no signal: give a name such as TERM or USR1, or a number from 1 to 64`);
    }
    const act = `send ${signal.name} to`;
    if (this.#end !== null) throw this.#errorOf(act, { kind: "conflict", message: "it has finished already" });
    const sent = await this.#container.kill(signal.number);
    if (!sent.ok) throw this.#errorOf(act, sent.failure);
  }

  /** Waits for the end of the container, over any number of engines. */
  async #follow(): Promise<void> {
    for (;;) {
      const ended = await this.#container.wait(this.#forgotten.signal);
      if (this.#scrubbed !== null) return;
      if (ended.ok) await this.#lastWords();
      const facts = ended.ok ? await this.#container.inspect() : ended;
      if (facts.ok) return this.#finish(succeed(facts.value));
      if (facts.failure.kind === "missing") return this.#finish(fail(this.#errorOf("wait for", facts.failure)));
      await new Promise<void>((resolve) => this.#making.clock.after(RETRY, resolve));
      if (this.#scrubbed !== null) return;
    }
  }

  #finish(end: Result<Facts, CircuitError>): void {
    this.#end = end;
    this.#input.ended();
    this.#tellEnd(end);
    if (this.#making.run.Scrub !== true || this.#scrubbed !== null) return;
    this.#leaves = true;
    this.#making.anchorage.leave();
    void this.scrub(false);
  }

  /** What it wrote at last is there when those who wait for it come to read, unless a reader holds it up. */
  #lastWords(): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        cancel();
        this.#onOutputEnd = () => undefined;
        resolve();
      };
      const cancel = this.#making.clock.after(LAST_WORDS, finish);
      this.#onOutputEnd = () => {
        if (this.#each().every(({ flow }) => flow.ended || flow.hasTaker)) finish();
      };
      this.#onOutputEnd();
    });
  }

  /** One that runs is left alone unless it is to be killed. */
  async #remove(kill: boolean): Promise<void> {
    const { name } = this.#container;
    const { log } = this.#making;
    const removed = await this.#container.remove({ force: kill });
    if (removed.ok || removed.failure.kind === "missing") return;
    if (removed.failure.kind !== "conflict") {
      log.warning(`Cannot remove container "${name}": ${removed.failure.message}; "docker rm -f ${name}" does`);
    } else if (!kill && this.#end === null) {
      log.info(`Container "${name}" was scrubbed and runs on by itself; "docker rm -f ${name}" ends it`);
    }
    // Otherwise somebody else is just removing it.
  }

  #errorOf(act: string, { kind, message }: EngineFailure): CircuitError {
    const why = kind === "missing" ? "it is not there any more; was it removed by somebody else?" : message;
    return new CircuitError(
      kind === "unreachable" ? "unavailable" : "process",
      `Cannot ${act} container "${this.#container.name}": ${why}`,
    );
  }
}
