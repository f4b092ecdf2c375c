/** Starts a container for an element: creates it, fetches its image if need be, attaches to it, and leaves nothing where that fails. */
import type {
  ContainerEngine,
  ContainerSettings,
  ContainerStreams,
  EngineContainer,
  EngineFailure,
} from "../../core/circuit/container-port.js";
import type { Clock, Log, Millis } from "../../core/ports.js";
import type { Result } from "../../core/result.js";
import type { ContainerRun } from "../../wire/circuit/contract.js";
import { CircuitError, type ErrorCode } from "../../wire/circuit/errors.js";
import type { Anchorage } from "../elements/element.js";
import { ContainerElement } from "./container.js";
import { settingsOf } from "./settings.js";

export interface ContainerParts {
  readonly engine: ContainerEngine;
  readonly clock: Pick<Clock, "epoch" | "after">;
  readonly log: Pick<Log, "info" | "warning">;
  /** Between the signal that asks a container to end and SIGKILL where `scrub` kills. @default 5 s */
  readonly grace?: Millis;
}

/** Where the element is to stand, and when nobody waits for it any more. */
export type Berth = Anchorage & { readonly signal: AbortSignal };

type MakeContainer = (run: ContainerRun, id: string, berth: Berth) => Promise<ContainerElement>;

/**
 * @returns how to make the element; it throws CircuitError, and leaves nothing then: `unavailable` where no engine answers or the
 * image cannot be fetched, `invalid` where the engine does not take a setting, `process` where the container cannot be started
 * @example `const element = await makeContainer({ engine, clock, log })({ Image: "debian", Path: "/bin/ls" }, id, berth)`
 */
export function makeContainer(parts: ContainerParts): MakeContainer {
  return async (run, id, berth) => {
    const settings = settingsOf(run);
    const name = `via-circuit-${newId()}`;
    const failWith = (failure: EngineFailure, otherwise: ErrorCode): CircuitError => errorOf(run, failure, otherwise);
    let isThere = false;
    try {
      const container = await create({ engine: parts.engine, name, settings, signal: berth.signal, failWith });
      isThere = true;
      const element = (streams: ContainerStreams): ContainerElement =>
        new ContainerElement({ container, streams }, { ...parts, run, id, anchorage: berth });
      const attached = take(await container.attach(element), (failure) => failWith(failure, "process"));
      if (berth.signal.aborted) throw gone();
      // What an engine calls a mistake of the caller here is a program that is not there, and the like.
      take(await container.start(), (failure) => failWith(failure.kind === "invalid" ? { ...failure, kind: "fault" } : failure, "process"));
      attached.begin();
      return attached;
    } catch (cause) {
      // An engine may have made it though its answer did not come.
      const removed = await parts.engine.discard(name);
      if (isThere && !removed.ok) parts.log.warning(`Cannot remove container "${name}": ${removed.failure.message}`);
      throw cause;
    }
  };
}

interface Creation {
  readonly engine: ContainerEngine;
  readonly name: string;
  readonly settings: ContainerSettings;
  readonly signal: AbortSignal;
  readonly failWith: (failure: EngineFailure, otherwise: ErrorCode) => CircuitError;
}

async function create({ engine, name, settings, signal, failWith }: Creation): Promise<EngineContainer> {
  const first = await engine.create(name, settings);
  if (first.ok) return first.value;
  if (first.failure.kind !== "missing") throw failWith(first.failure, "process");
  const pulled = await engine.pull(settings.Image, signal);
  if (signal.aborted) throw gone();
  if (!pulled.ok) {
    const message = `its image is not on this host, and cannot be fetched: ${pulled.failure.message}`;
    throw failWith({ ...pulled.failure, message }, "unavailable");
  }
  return take(await engine.create(name, settings), (failure) => failWith(failure, "process"));
}

function errorOf({ Image }: ContainerRun, { kind, message }: EngineFailure, otherwise: ErrorCode): CircuitError {
  const code = kind === "unreachable" ? "unavailable" : kind === "invalid" && otherwise !== "unavailable" ? "invalid" : otherwise;
  return new CircuitError(code, `Cannot run a container of "${Image}": ${message}`);
}

function take<T>(result: Result<T, EngineFailure>, errorFor: (failure: EngineFailure) => CircuitError): T {
  if (result.ok) return result.value;
  throw errorFor(result.failure);
}

function gone(): CircuitError {
  return new CircuitError("cancelled", "The caller has gone away");
}

/** Sixteen hexadecimal digits that nobody else has. */
function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
