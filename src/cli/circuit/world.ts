/** What the command `circuit` needs of the world: handed in, so that tests can run it inside themselves. */
import type { DialServer } from "../../circuit/uplink.js";
import type { MulticastGroup } from "../../core/multicast.js";
import type { Result } from "../../core/result.js";
import type { ClusterKey } from "../../wire/circuit/link.js";
import type { Env, Input, Output } from "../world.js";
import type { StartFlags } from "./start.js";

/** What ends a program from outside, or asks it to. */
export type EndSignal = "INT" | "TERM" | "HUP";

export interface Search {
  readonly group: MulticastGroup;
  readonly keys: readonly ClusterKey[];
  /** Milliseconds for which nobody has to answer. */
  readonly wait: number;
  readonly signal: AbortSignal;
}

export interface CircuitWorld {
  /** Without the program and its script. */
  readonly argv: readonly string[];
  readonly env: Env;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly version: string;
  /** A way to dial servers with these keys; loads the network when it is used. */
  dialling(keys: readonly ClusterKey[]): DialServer;
  /** The failure names the file and says what to do. */
  readKeyFile(path: string): Promise<Result<{ readonly keys: readonly ClusterKey[]; readonly warning: string | null }, string>>;
  /** The failure says why it cannot be read. */
  readText(path: string): Promise<Result<string, string>>;
  /** Addresses of servers that answer in a multicast group; the failure says why nobody could be asked. */
  search(search: Search): Promise<Result<readonly string[], string>>;
  /** Runs a server until it ends. @returns the exit code */
  start(flags: StartFlags): Promise<number>;
  /** Calls back for each; from then on they do not end the program by themselves. @returns how to stop it */
  onSignal(heard: (signal: EndSignal) => void): () => void;
}
