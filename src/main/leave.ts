/** The last step of a program that prints: Node writes to a pipe in the background, and an exit would cut that off. */
import { setTimeout } from "node:timers/promises";

/** Milliseconds. */
const PATIENCE = 200;

/**
 * Ends this process once all that it wrote has left, or nobody reads it any more. What a library still holds open has
 * nothing more to do.
 * @param code is asked for at the very end
 * @param isHurried it was told to end, and a pipe that stands full must not keep it
 */
export async function leave(code: () => number, isHurried = false): Promise<never> {
  const streams = [process.stdout, process.stderr];
  const written = Promise.all(streams.map((stream) => new Promise<void>((resolve) => stream.write("", () => resolve()))));
  await (isHurried ? Promise.race([written, setTimeout(PATIENCE)]) : written);
  process.exit(code());
}
