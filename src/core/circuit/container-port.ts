/** A container engine of this host, as the container elements of a circuit need it: a port that `os` makes real. */
import type { Millis, OutputStreamName } from "../ports.js";
import type { Result } from "../result.js";
import type { ProgramInput, ProgramOutput } from "./process-port.js";

export interface EngineFailure {
  /** Nobody answers, or not in time; what is asked for is not there; its state forbids it; a setting is none; anything else. */
  readonly kind: "unreachable" | "missing" | "conflict" | "invalid" | "fault";
  readonly message: string;
}

type Outcome<T = void> = Promise<Result<T, EngineFailure>>;

/** What a container is created with; the names are those of the Engine API. */
export interface ContainerSettings {
  readonly Image: string;
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  /** Paths of anonymous volumes. */
  readonly Volumes?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly OpenStdin: true;
  readonly StdinOnce: true;
  readonly HostConfig: {
    /** Bytes. */
    readonly Memory?: number;
    readonly CpuShares?: number;
    /** `SOURCE:TARGET[:OPTIONS]` */
    readonly Binds?: readonly string[];
  };
}

export interface ContainerStreams {
  readonly stdin: ProgramInput;
  readonly stdout: ProgramOutput;
  readonly stderr: ProgramOutput;
  /** Leaves the output to the engine; what is written to stdin still goes there. */
  release(): void;
}

/** What is told of the streams, never before `attach` has resolved. */
export interface ContainerListener {
  /** The chunk is valid during the call alone. */
  output(stream: OutputStreamName, chunk: Uint8Array): void;
  /** The container has ended, or the connection to the engine. */
  outputEnded(stream: OutputStreamName): void;
}

/** One container, by its name. */
export interface EngineContainer {
  readonly name: string;
  /** To be called before the start, so that nothing is missed. */
  attach<L extends ContainerListener>(attend: (streams: ContainerStreams) => L): Outcome<L>;
  start(): Outcome;
  /** What `docker inspect` shows of it. */
  inspect(): Outcome<Readonly<Record<string, unknown>>>;
  /** Resolves when it does not run any more; an aborted one fails. */
  wait(signal: AbortSignal): Outcome;
  /** Sends to its first process. */
  kill(signal: number): Outcome;
  /** Sends the signal that its image names, SIGTERM where it names none, and SIGKILL after so long; resolves when it has ended. */
  stop(grace: Millis): Outcome;
  /** Removes it with its anonymous volumes. One that runs is a `conflict` unless `force`, which kills it. */
  remove(options: { readonly force: boolean }): Outcome;
}

export interface ContainerEngine {
  /** What answers, and where: `Docker Engine 20.10.24 at "/var/run/docker.sock"`. */
  version(): Outcome<string>;
  /** Fetches an image from its registry. */
  pull(image: string, signal: AbortSignal): Outcome;
  /** `missing` where the image is not on this host. */
  create(name: string, settings: ContainerSettings): Outcome<EngineContainer>;
  /** Removes what may be left of a container whose creation was not answered. */
  discard(name: string): Outcome;
}
