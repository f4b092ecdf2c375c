/** How a process ended, in words and as a shell counts it. */
import type { Exit } from "./ports.js";
import { signalName } from "./signals.js";

/** Where shells put processes that a signal has ended: 128 plus its number. */
const SIGNALLED = 128;

/** @example `exitCode({ kind: "signalled", signal: 15, core: false }) === 143` */
export function exitCode(exit: Exit): number {
  return exit.kind === "exited" ? exit.code : SIGNALLED + exit.signal;
}

/** @example `exited with code 3`, `was ended by SIGTERM` */
export function describeExit(exit: Exit): string {
  return exit.kind === "exited" ? `exited with code ${exit.code}` : `was ended by ${signalName(exit.signal)}`;
}
