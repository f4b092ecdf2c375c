/** How this host takes part in a circuit: what `[cluster]` of circus.ini and the flags of `circuit start` say. */

export type Engine = "mesh" | "serf";

/** How patient serf's agents are with each other. */
export type SerfProfile = "lan" | "wan" | "local";

export interface ClusterSpec {
  /** `HOST:PORT` to bind; port 0 takes a free one. @default "127.0.0.1:11022" */
  readonly listen: string;
  /** `HOST:PORT` or `HOST` that others reach it by; null derives it from what was bound. */
  readonly advertise: string | null;
  /** Addresses to join, `circuit://HOST:PORT[/PID/Q…]` or `HOST:PORT`; tried until one of them has answered, and again whenever it is alone. */
  readonly join: readonly string[];
  /** Multicast group `HOST:PORT` to find others in; null looks for nobody. */
  readonly discover: string | null;
  /** Path of the key file; null listens on loopback only. */
  readonly keyFile: string | null;
  /** @default the host's name */
  readonly name: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** @default "mesh" */
  readonly engine: Engine;
  /** Directory in which the members that were known are kept over a restart; null is chosen by `main`. */
  readonly stateDir: string | null;
  /** Whether container elements may be made here. */
  readonly docker: boolean;
  /** Bind address `HOST:PORT` of the serf agent; null derives it from `listen` with port 7946. */
  readonly serfBind: string | null;
  /** Null takes `local` on the loopback device, else `lan`. */
  readonly serfProfile: SerfProfile | null;
}

export const DEFAULT_PORT = 11022;
