/** Figures without a screen: one whole round, or a line of JSON for each. */
import type { Figures } from "../../client/figures.js";
import type { Clock, Millis } from "../../core/ports.js";
import { styleOf } from "../terminal.js";
import type { Env, Output } from "../world.js";
import { Model } from "./model.js";
import { renderJson, renderTable } from "./plain.js";
import { Rounds } from "./rounds.js";

/** Longer than circusd-stats takes to start and a second of its figures. */
const PATIENCE: Millis = 5000;

export interface PrintParts {
  readonly figures: Figures;
  readonly clock: Clock;
  readonly endpoint: string;
  /** Seconds. */
  readonly processTimeout: number;
  readonly json: boolean;
  readonly env: Env;
  readonly stdout: Output;
}

/**
 * Waits for one whole round and prints it.
 * @throws Error when no figures come in time.
 */
export async function printOnce({ figures, clock, endpoint, processTimeout, json, env, stdout }: PrintParts): Promise<void> {
  const [model, rounds] = [new Model(processTimeout), new Rounds()];
  let late = false;
  const cancel = clock.after(PATIENCE, () => {
    late = true;
    figures.close();
  });
  for await (const frame of figures) {
    if (rounds.begins(frame)) break;
    model.receive(frame, clock.now());
  }
  cancel();
  if (model.silence(clock.now()) === null) {
    if (late)
      throw new Error(
        `No figures from "${endpoint}" in ${PATIENCE / 1000} s: is circusd running, with "statsd = True" and this stats_endpoint?`,
      );
    return;
  }
  const snapshot = model.snapshot();
  stdout.write(`${json ? renderJson(snapshot, clock.epoch()) : renderTable(snapshot, styleOf(stdout, env))}\n`);
}

/** Prints a line of JSON after each round, until the figures are closed. */
export async function printRounds({ figures, clock, processTimeout, stdout }: PrintParts): Promise<void> {
  const [model, rounds] = [new Model(processTimeout), new Rounds()];
  for await (const frame of figures) {
    if (rounds.begins(frame)) stdout.write(`${renderJson(model.snapshot(), clock.epoch())}\n`);
    model.receive(frame, clock.now());
  }
}
