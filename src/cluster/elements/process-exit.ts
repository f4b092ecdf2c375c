/** How a process ended, in the words of Circuit. */
import { exitCode } from "../../core/exit.js";
import type { Exit } from "../../core/ports.js";
import { signalName } from "../../core/signals.js";
import type { ProcessStat } from "../../wire/circuit/contract.js";

/** What Go calls the signals. */
const SIGNALS: readonly string[] = [
  "",
  "hangup",
  "interrupt",
  "quit",
  "illegal instruction",
  "trace/breakpoint trap",
  "aborted",
  "bus error",
  "floating point exception",
  "killed",
  "user defined signal 1",
  "segmentation fault",
  "user defined signal 2",
  "broken pipe",
  "alarm clock",
  "terminated",
];

type Ending = Pick<ProcessStat, "Exit" | "Phase" | "ExitCode">;

/** @example `endingOf({ kind: "exited", code: 3 }).Exit?.Body` is `exit status 3` */
export function endingOf(exit: Exit): Ending {
  const code = exitCode(exit);
  if (exit.kind === "exited") {
    const told = code === 0 ? null : { Code: code, Signal: null, Body: `exit status ${code}` };
    return { Exit: told, Phase: "exited", ExitCode: code };
  }
  const body = `signal: ${SIGNALS[exit.signal] ?? `signal ${exit.signal}`}${exit.core ? " (core dumped)" : ""}`;
  return { Exit: { Code: code, Signal: signalName(exit.signal).replace(/^SIG/, ""), Body: body }, Phase: "signaled", ExitCode: code };
}
