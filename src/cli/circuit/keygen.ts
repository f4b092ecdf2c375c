/** `circuit keygen`: a key of the cluster, from the system's randomness. */
import { write } from "./output.js";
import type { CircuitWorld } from "./world.js";

/** Of a key, in bytes; Circuit's have as many. */
const LENGTH = 64;

/** Prints the key and nothing else, so that it can be written to a file. */
export async function keygen({ stdout }: Pick<CircuitWorld, "stdout">): Promise<number> {
  const key = crypto.getRandomValues(new Uint8Array(LENGTH));
  await write(stdout, `${Buffer.from(key).toString("base64")}\n`);
  return 0;
}
