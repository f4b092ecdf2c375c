/** What circusctl needs of the world: handed in, so that tests and other programs can run it inside themselves. */
import type { Readable, Writable } from "node:stream";
import type { Transport } from "../wire/transport.js";
import type { RunProgram } from "./ssh.js";

export type Env = Readonly<Record<string, string | undefined>>;

export type Input = Readable & { readonly isTTY?: boolean };
export type Output = Writable & { readonly isTTY?: boolean };

export interface World {
  /** Without the program and its script. */
  readonly argv: readonly string[];
  readonly env: Env;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly version: string;
  /** Called when the network is needed, and only then. */
  openTransport(): Promise<Transport>;
  readonly run: RunProgram;
  /** Aborted by Ctrl-C; from the first call on Ctrl-C does not end the program by itself. */
  onInterrupt(): AbortSignal;
}
