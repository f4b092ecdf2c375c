/** How a helper program ends: with a last word, where it belongs, and an exit code. */
import { EXIT } from "./exit-codes.js";
import { leave } from "./leave.js";

export interface Farewell {
  readonly text: string;
  readonly stream: NodeJS.WriteStream;
  readonly code: number;
}

/** What was asked for, on standard output. */
export function said(text: string): Farewell {
  return { text, stream: process.stdout, code: EXIT.done };
}

/** What went wrong, on standard error. */
export function complained(text: string, code: number = EXIT.failed): Farewell {
  return { text, stream: process.stderr, code };
}

/** Says it and ends the process once it has left. */
export function bid({ text, stream, code }: Farewell): Promise<never> {
  stream.write(text);
  return leave(() => code);
}
