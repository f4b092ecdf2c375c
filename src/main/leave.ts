/** The last step of a program that prints: Node writes to a pipe in the background, and an exit would cut that off. */

/**
 * Ends this process once all that it wrote has left, or nobody reads it any more. What a library still holds open has
 * nothing more to do.
 * @param code is asked for at the very end
 */
export async function leave(code: () => number): Promise<never> {
  const streams = [process.stdout, process.stderr];
  await Promise.all(streams.map((stream) => new Promise<void>((resolve) => stream.write("", () => resolve()))));
  process.exit(code());
}
