/** How a command of `circuit` fails: in one line on the standard error. */
import type { Output } from "../world.js";

/** The exit code where a program could not be run, or what became of it is not known: programs seldom have it themselves. */
export const NOT_RUN = 125;

/** What the user has to change; it exits with 1, wrong usage with 2. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: number;

  constructor(message: string, code: 1 | 2 = 1) {
    super(message);
    this.code = code;
  }
}

/** Tells of a failure. @returns the exit code */
export function report(cause: unknown, stderr: Output): number {
  complain(cause instanceof Error ? cause.message : String(cause), stderr);
  return cause instanceof Refusal ? cause.code : 1;
}

export function complain(message: string, stderr: Output): void {
  stderr.write(`circuit: ${message.trim().replace(/\s*\n\s*/g, "; ")}\n`);
}
