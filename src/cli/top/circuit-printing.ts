/** The servers of a circuit without a screen: once, or a line of JSON each second. */
import type { Clock, Millis } from "../../core/ports.js";
import { styleOf } from "../terminal.js";
import type { Env, Output } from "../world.js";
import type { CircuitSource } from "./circuit-source.js";
import { renderServers, renderServersJson } from "./plain.js";

/** A share of a processor is seen from the second look on. */
const LOOKS = 2;

const PATIENCE: Millis = 5000;

const ROUND: Millis = 1000;

export interface CircuitPrintParts {
  readonly source: CircuitSource;
  readonly clock: Clock;
  readonly endpoint: string;
  readonly json: boolean;
  readonly env: Env;
  readonly stdout: Output;
}

/**
 * Waits until all have answered, though not for long, and prints what there is then.
 * @throws Error when nobody answers in time
 */
export async function printCircuitOnce({ source, clock, endpoint, json, env, stdout }: CircuitPrintParts): Promise<void> {
  let over = false;
  const cancel = clock.after(PATIENCE, () => {
    over = true;
    source.close();
  });
  await source.run(() => {
    if (!source.hasAnswered(LOOKS)) return;
    over = true;
    source.close();
  });
  cancel();
  if (!over) return;
  if (source.silence() === null) throw new Error(`No answer from "${endpoint}" in ${PATIENCE / 1000} s: is circusd running there?`);
  const { servers } = source.snapshot();
  stdout.write(`${json ? renderServersJson(servers, clock.epoch()) : renderServers(servers, styleOf(stdout, env))}\n`);
}

/** Prints a line of JSON each second, until the source is closed. */
export async function printCircuitRounds({ source, clock, stdout }: CircuitPrintParts): Promise<void> {
  let cancel = (): void => undefined;
  const print = (): void => {
    if (source.silence() !== null) stdout.write(`${renderServersJson(source.snapshot().servers, clock.epoch())}\n`);
    cancel = clock.after(ROUND, print);
  };
  cancel = clock.after(ROUND, print);
  try {
    await source.run(() => undefined);
  } finally {
    cancel();
  }
}
