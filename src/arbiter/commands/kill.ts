import { parseSignal } from "../../core/signals.js";
import type { Signal } from "../../core/spec.js";
import { CommandError, ERRNO } from "../../wire/contract.js";
import type { Handler } from "../controller.js";
import { accepted, working } from "./outcome.js";

/** Ends processes of a watcher as a stop would: signal, patience, SIGKILL. The watcher replaces them. */
export const kill: Handler<"kill"> = (arbiter, properties) => {
  const runner = arbiter.watchers.get(properties.name);
  const { spec } = runner;
  const work = runner.command({
    kind: "kill",
    pid: properties.pid ?? null,
    signal: properties.signum === undefined ? spec.stopSignal : readSignal(properties.signum),
    timeout: (properties.graceful_timeout ?? spec.gracefulTimeout) * 1000,
    children: properties.recursive ?? spec.stopChildren,
  });
  return working(work.then((answer) => void accepted(answer)).then(() => ({})));
};

/** @throws CommandError: errno 4 for a number that is no signal, as the system would say; 5 for a name */
export function readSignal(value: number | string): Signal {
  const signal = parseSignal(value);
  if (signal !== null) return signal;
  if (typeof value === "number" || /^\d+$/.test(value)) throw new CommandError("[Errno 22] Invalid argument", ERRNO.os);
  throw new CommandError(`Cannot find a signal "${value}": use a name such as TERM or SIGHUP, or a number from 1 to 64`, ERRNO.conflict);
}
