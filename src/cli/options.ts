/** Every option of circusctl, those of the program and those of single commands, written once. */
import { CIRCUS_GROUP } from "../core/multicast.js";
import type { OptionSpec } from "./args.js";

/** Where circusd listens when nobody says otherwise. */
export const DEFAULT_ENDPOINT = "tcp://127.0.0.1:5555";

/** Seconds. */
export const DEFAULT_TIMEOUT = 5;

/** Accepted before and after the command. */
export const GLOBAL_OPTIONS = [
  {
    name: "cluster",
    kind: "flag",
    help: "carry the command out on every server of the circuit that has watchers",
    detail:
      "Carry the command out on every server of the circuit that has watchers. What only looks is asked of all at once. What changes something goes from one server to the next in the order of their names, each time when the work is done, and stops at the first that fails.",
  },
  {
    name: "discover",
    kind: "flag",
    help: "print the daemons that answer over UDP multicast, endpoint and host, and exit",
    detail:
      "Print the daemons that answer over UDP multicast, endpoint and host, one a line, and exit. A daemon answers where `multicast_endpoint` is set; one that listens on the loopback device or at an ipc endpoint answers its own host alone.",
  },
  { name: "endpoint", kind: "text", help: `connection endpoint (default: $CIRCUSCTL_ENDPOINT, else ${DEFAULT_ENDPOINT})` },
  { name: "help", short: "h", kind: "flag", help: "show help, of the command where one is named, and exit" },
  { name: "json", kind: "flag", help: "print the reply as JSON" },
  {
    name: "label",
    kind: "text",
    metavar: "KEY=VALUE",
    repeats: true,
    help: "like --cluster, on servers with this label; of several all must fit",
  },
  {
    name: "multicast",
    kind: "text",
    metavar: "ADDRESS",
    help: `with --discover: where to ask (default: ${CIRCUS_GROUP}); --timeout is how long answers are waited for (default: 1)`,
  },
  { name: "prettify", kind: "flag", help: "with --json: indent it and sort its keys" },
  {
    name: "server",
    kind: "text",
    metavar: "SERVER",
    help: "carry the command out on this server of the circuit, by name or id; @SERVER before the command is the same",
  },
  { name: "ssh", kind: "text", metavar: "USER@HOST[:PORT]", help: "reach the endpoint from this host, through the system's ssh" },
  { name: "ssh_keyfile", kind: "text", metavar: "FILE", help: "private key for --ssh" },
  {
    name: "timeout",
    kind: "number",
    metavar: "SECONDS",
    help: `longest wait for a reply (default: ${DEFAULT_TIMEOUT}; negative: without limit)`,
  },
  { name: "version", kind: "flag", help: "show the version and exit" },
] as const satisfies readonly OptionSpec[];

/** Options of commands; a command names those it takes. */
export const COMMAND_OPTIONS = {
  children: { name: "children", kind: "flag", help: "signal the children in place of the process" },
  extended: { name: "extended", kind: "flag", help: "include what an extended_stats hook adds" },
  follow: { name: "follow", short: "f", kind: "flag", help: "go on with what comes, until Ctrl-C" },
  graceful_timeout: {
    name: "graceful_timeout",
    kind: "number",
    metavar: "SECONDS",
    help: "time until SIGKILL, in place of the watcher's graceful_timeout",
  },
  lines: { name: "lines", short: "n", kind: "number", help: "how many of the last lines are shown (default: 10)" },
  match: {
    name: "match",
    kind: "text",
    choices: ["glob", "simple", "regex"],
    help: "how the name is compared: glob (default), simple or regex",
  },
  nostop: { name: "nostop", kind: "flag", help: "leave the processes running, unsupervised" },
  recursive: { name: "recursive", kind: "flag", help: "signal the process and all its descendants" },
  sequential: { name: "sequential", kind: "flag", help: "replace one process after the other" },
  signum: { name: "signum", kind: "text", metavar: "SIGNAL", help: "signal by name or number, in place of the watcher's stop_signal" },
  start: { name: "start", kind: "flag", help: "start the watcher at once" },
  stderr: { name: "stderr", kind: "flag", help: "standard error alone" },
  stdout: { name: "stdout", kind: "flag", help: "standard output alone" },
  terminate: { name: "terminate", kind: "flag", help: "stop the processes first, as restart does" },
  timestamps: { name: "timestamps", kind: "flag", help: "show when each line was finished, in local time" },
  waiting: { name: "waiting", kind: "flag", help: "reply when the work is done, not when it is begun" },
} as const satisfies Readonly<Record<string, OptionSpec>>;

export type CommandOption = keyof typeof COMMAND_OPTIONS;
