/** The command line of circus-top: its options, written once, and what they say. */
import { fail, succeed, type Result } from "../../core/result.js";
import { parseArguments, unrecognized, type ArgumentValue, type OptionSpec } from "../args.js";

/** Where circusd-stats publishes when nobody says otherwise. */
export const DEFAULT_STATS_ENDPOINT = "tcp://127.0.0.1:5557";

/** Seconds. */
export const DEFAULT_PROCESS_TIMEOUT = 3;

export const TOP_OPTIONS = [
  {
    name: "cluster",
    kind: "flag",
    help: "show all servers of the circuit; the endpoint is then circusctl's",
  },
  { name: "endpoint", kind: "text", help: `stats endpoint of circusd (default: ${DEFAULT_STATS_ENDPOINT})` },
  { name: "help", short: "h", kind: "flag", help: "show help and exit" },
  { name: "json", kind: "flag", help: "print JSON: one document with --once, else one line per round of figures" },
  { name: "once", kind: "flag", help: "wait for one whole round of figures, print it as a table and exit" },
  {
    name: "process-timeout",
    kind: "number",
    metavar: "SECONDS",
    help: `remove a process that was not heard of for so long (default: ${DEFAULT_PROCESS_TIMEOUT})`,
  },
  { name: "ssh", kind: "text", metavar: "USER@HOST[:PORT]", help: "reach the endpoint from this host, through the system's ssh" },
  { name: "ssh_keyfile", kind: "text", metavar: "FILE", help: "private key for --ssh" },
  { name: "version", kind: "flag", help: "show the version and exit" },
] as const satisfies readonly OptionSpec[];

export interface TopSettings {
  /** All servers of the circuit, by way of the daemon at the endpoint. */
  readonly cluster: boolean;
  /** Null where nobody says. */
  readonly endpoint: string | null;
  readonly json: boolean;
  readonly once: boolean;
  /** Seconds. */
  readonly processTimeout: number;
  readonly ssh: string | null;
  readonly sshKeyfile: string | null;
}

export type TopRequest =
  { readonly kind: "help" } | { readonly kind: "version" } | { readonly kind: "show"; readonly settings: TopSettings };

/** Reads a command line; the failure is one line for the user, a mistake of usage. */
export async function readTopArguments(argv: readonly string[]): Promise<Result<TopRequest, string>> {
  const read = await parseArguments(argv, { options: TOP_OPTIONS });
  if (!read.ok) return read;
  const { values, words, rest } = read.value;
  const surplus = [...words, ...rest];
  if (surplus.length > 0) return fail(await unrecognized(surplus, TOP_OPTIONS));
  if (values["version"] === true) return succeed({ kind: "version" });
  if (values["help"] === true) return succeed({ kind: "help" });
  return readSettings(values);
}

function readSettings(values: Readonly<Record<string, ArgumentValue>>): Result<TopRequest, string> {
  const text = (name: string): string | null => (typeof values[name] === "string" ? values[name] : null);
  const given = values["process-timeout"];
  const processTimeout = typeof given === "number" ? given : DEFAULT_PROCESS_TIMEOUT;
  if (processTimeout <= 0) return fail(`argument --process-timeout: "${processTimeout}" is not more than 0`);
  return succeed({
    kind: "show",
    settings: {
      cluster: values["cluster"] === true,
      endpoint: text("endpoint"),
      json: values["json"] === true,
      once: values["once"] === true,
      processTimeout,
      ssh: text("ssh"),
      sshKeyfile: text("ssh_keyfile"),
    },
  });
}
