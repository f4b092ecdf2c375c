/** Small makers of what handlers return. */
import type { Answer, Changed } from "../../core/watcher/state.js";
import { CommandError, ERRNO } from "../../wire/contract.js";
import type { Outcome } from "../controller.js";

export function done<R>(reply: R): Outcome<R> {
  return { kind: "done", reply };
}

export function working<R>(work: Promise<R>): Outcome<R> {
  return { kind: "working", done: work };
}

/** @throws CommandError with errno 6, as for every command that fails after it was begun */
export function accepted(answer: Answer): Extract<Answer, { ok: true }> {
  if (answer.ok) return answer;
  throw new CommandError(answer.reason, ERRNO.asynchronous);
}

/** What reload and restart tell, in Circus's order of keys. */
export function changedInfo({ stopped, started, kept }: Changed): Changed {
  return { stopped, started, kept };
}

/** What start tells: Circus has no "stopped" there. */
export function startInfo({ started, kept }: Changed): Pick<Changed, "started" | "kept"> {
  return { started, kept };
}
