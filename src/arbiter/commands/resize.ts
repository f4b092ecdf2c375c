import { MAX_PROCESSES } from "../../core/spec.js";
import { CommandError, type Commands } from "../../wire/contract.js";
import type { Control } from "../control.js";
import type { Outcome } from "../controller.js";
import { accepted, done, working } from "./outcome.js";

/** The common half of incr and decr. */
export function resize(arbiter: Control, name: string, by: number): Outcome<Commands["incr"]["reply"]> {
  const runner = arbiter.watchers.get(name);
  if (runner.spec.singleton) return done({ numprocesses: runner.spec.numprocesses, singleton: true });
  const wanted = runner.spec.numprocesses + by;
  if (wanted > MAX_PROCESSES) throw new CommandError(`Cannot run ${wanted} processes of "${name}": ${MAX_PROCESSES} is the most`);
  return working(runner.command({ kind: "resize", by }).then((answer) => ({ numprocesses: accepted(answer).numprocesses })));
}
