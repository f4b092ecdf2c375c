/** One connection to a daemon, with what the user wants of it. */
import { CallTimeout } from "../client/errors.js";
import type { Transport } from "../wire/transport.js";
import type { ArgumentValue } from "./args.js";
import { DEFAULT_ENDPOINT, DEFAULT_TIMEOUT } from "./options.js";
import { through, type Asker } from "./through.js";
import type { Env, Output, World } from "./world.js";

/** Longer than any wait, and what a timer can hold. */
const LONGEST = 2_000_000;

/** What the global options say, with their defaults. */
export interface Settings {
  readonly endpoint: string;
  /** Whether the user named the endpoint on the command line. */
  readonly endpointGiven: boolean;
  /** Seconds. */
  readonly timeout: number;
  readonly json: boolean;
  readonly prettify: boolean;
  readonly ssh: string | null;
  readonly sshKeyfile: string | null;
}

export function readSettings(values: Readonly<Record<string, ArgumentValue>>, env: Env): Settings {
  const text = (name: string): string | null => (typeof values[name] === "string" ? values[name] : null);
  const timeout = typeof values["timeout"] === "number" ? values["timeout"] : DEFAULT_TIMEOUT;
  const endpoint = text("endpoint");
  return {
    endpoint: endpoint ?? (env["CIRCUSCTL_ENDPOINT"] || DEFAULT_ENDPOINT),
    endpointGiven: endpoint !== null,
    timeout: timeout < 0 ? LONGEST : Math.min(timeout, LONGEST),
    json: values["json"] === true,
    prettify: values["prettify"] === true,
    ssh: text("ssh"),
    sshKeyfile: text("ssh_keyfile"),
  };
}

export interface Session {
  readonly client: Asker;
  /** The server of the circuit that the client leads to; null for the daemon at the endpoint. */
  readonly server: string | null;
  readonly transport: Transport;
  readonly settings: Settings;
  readonly world: Pick<World, "env" | "stdout" | "stderr">;
  /** Makes an endpoint of the daemon's host reachable from here: itself, or the end of a tunnel. */
  readonly reach: (endpoint: string) => Promise<string>;
  /** Gives up what is under way. */
  readonly interrupt: () => AbortSignal | null;
}

/** The same session with a server of the circuit in place of the daemon; itself where none is named. */
export function sessionAt(session: Session, server: ArgumentValue | undefined): Session {
  return typeof server === "string" ? { ...session, client: through(session.client, server), server } : session;
}

/** The words in which Circus tells of a silent daemon. */
const TIMED_OUT = `Timed out.
A time out usually happens in one of those cases:

#1 The Circus daemon could not be reached.
#2 The Circus daemon took too long to perform the operation

For #1, make sure you are hitting the right place
by checking your --endpoint option.

For #2, if you are not expecting a result to
come back, increase your timeout option value
(particularly with waiting switches)
`;

/** Tells why a command could not be carried out. @returns the exit code */
export function reportFailure(cause: unknown, stderr: Output): number {
  if (cause instanceof CallTimeout) stderr.write(TIMED_OUT);
  else if (!(cause instanceof Error && cause.name === "AbortError"))
    stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  return 1;
}
