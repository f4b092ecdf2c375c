/** Asks for a secret: on a terminal without showing it, from a pipe as one line. */
import { createInterface } from "node:readline";
import type { Input, Output } from "./world.js";

/** A terminal whose keys can be read one by one. */
export type SecretInput = Input & { setRawMode?(raw: boolean): unknown };

export interface SecretParts {
  readonly stdin: SecretInput;
  /** Where the prompts go. */
  readonly stderr: Output;
}

/**
 * Asks for a new secret, on a terminal twice.
 * @throws Error where it is empty, the two differ, or Ctrl-C or the end of the input comes first.
 */
export async function askNewSecret(parts: SecretParts, prompt: string): Promise<string> {
  const { stdin } = parts;
  if (stdin.isTTY !== true || stdin.setRawMode === undefined) return filled(await firstLine(stdin));
  const secret = filled(await askHidden(parts, `${prompt}: `));
  if ((await askHidden(parts, `${prompt} again: `)) !== secret) throw new Error("The two are not the same; nothing was changed");
  return secret;
}

function filled(secret: string): string {
  if (secret === "") throw new Error("It may not be empty; nothing was changed");
  return secret;
}

async function firstLine(input: Input): Promise<string> {
  const lines = createInterface({ input, crlfDelay: Infinity });
  for await (const line of lines) return line;
  return "";
}

function askHidden({ stdin, stderr }: SecretParts, prompt: string): Promise<string> {
  // Before the prompt: what is typed as soon as that is seen must not be shown.
  stdin.setRawMode?.(true);
  stderr.write(prompt);
  stdin.setEncoding("utf8");
  return new Promise((resolve, reject) => {
    let typed = "";
    const end = (settle: () => void): void => {
      stdin.off("data", read);
      stdin.off("end", stop);
      stdin.setRawMode?.(false);
      stdin.pause();
      stderr.write("\n");
      settle();
    };
    const stop = (): void => end(() => reject(new Error("Interrupted; nothing was changed")));
    const read = (chunk: unknown): void => {
      for (const key of String(chunk)) {
        if (key === "\r" || key === "\n") return end(() => resolve(typed));
        if (key === "\u0003" || key === "\u0004") return stop();
        if (key === "\u007f" || key === "\b") typed = typed.replace(/.$/su, "");
        else if (key === "\u0015") typed = "";
        else typed += key;
      }
    };
    stdin.on("data", read);
    stdin.on("end", stop);
    stdin.resume();
  });
}
