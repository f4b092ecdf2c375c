/** What circusctl needs of the world: handed in, so that tests and other programs can run it inside themselves. */
import type { MulticastGroup } from "../core/multicast.js";
import type { Result } from "../core/result.js";
import type { Readable, Writable } from "node:stream";
import type { Transport } from "../wire/transport.js";
import type { RunProgram } from "./ssh.js";

export type Env = Readonly<Record<string, string | undefined>>;

export type Input = Readable & { readonly isTTY?: boolean };
export type Output = Writable & { readonly isTTY?: boolean };

export interface Inquiry {
  readonly group: MulticastGroup;
  readonly question: string;
  /** Milliseconds. */
  readonly wait: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Called with each datagram that comes back, and the address that it came from. */
  readonly heard: (text: string, host: string) => void;
}

export interface World {
  /** Without the program and its script. */
  readonly argv: readonly string[];
  readonly env: Env;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly version: string;
  /** Whether somebody listens at an endpoint, told at once where nobody does. */
  isListening(endpoint: string): Promise<boolean>;
  /** Called when the network is needed, and only then. */
  openTransport(): Promise<Transport>;
  readonly run: RunProgram;
  /** Asks who listens in a multicast group. @returns why nothing could be asked, as a failure */
  ask(inquiry: Inquiry): Promise<Result<void, string>>;
  /** The configuration of another program as a circus.ini, with the number of notes in it; the failure is one line for the user. */
  importConfiguration(file: string): Promise<Result<{ readonly ini: string; readonly notes: number }, string>>;
  /** Aborted by Ctrl-C; from the first call on Ctrl-C does not end the program by itself. */
  onInterrupt(): AbortSignal;
}
