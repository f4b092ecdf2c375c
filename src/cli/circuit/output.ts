/** Writes to this program's own streams, at the pace of whoever reads them. */
import type { Output } from "../world.js";

/**
 * Resolves when it was written, and when nobody waits for that any more: a pipe may stand full for ever.
 * @returns whether it was written
 */
export function write(output: Output, data: Uint8Array | string, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (output.destroyed || signal?.aborted === true) return resolve(false);
    const settle = (isWritten: boolean): void => {
      signal?.removeEventListener("abort", giveUp);
      resolve(isWritten);
    };
    const giveUp = (): void => settle(false);
    signal?.addEventListener("abort", giveUp);
    output.write(data, (error) => settle(error === null || error === undefined));
  });
}

/** Names that people gave may hold what a terminal takes for orders. @example `shown("a\u001b[2J")` is `a\u001b[2J` spelled out */
export function shown(text: string): string {
  // eslint's rule against control characters is meant for slips; here they are what is looked for.
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (letter) => `\\u${(letter.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
}
