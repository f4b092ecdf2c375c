/** Every flag of `circuit`, written once; a command names those it takes. */
import { DEFAULT_PORT } from "../../core/circuit/spec.js";
import type { Flag } from "./flags.js";

/** Where a server is looked for when nobody says otherwise. */
export const DEFAULT_ADDRESS = `circuit://127.0.0.1:${DEFAULT_PORT}`;

/** Milliseconds until a server has answered. */
export const DEFAULT_TIMEOUT = 5000;

/** Of every command. */
export const HELP: Flag = { name: "help", short: "h", value: null, help: "show help, of the command where one is named, and exit" };

/** Of every command that asks a circuit. */
export const DIAL_FLAGS = {
  dial: {
    name: "dial",
    short: "d",
    value: "ADDRESS",
    help: "server to ask, circuit://HOST:PORT/PID/Q… or HOST:PORT; given again: others to try",
  },
  discover: {
    name: "discover",
    value: "HOST:PORT",
    help: "multicast group to find a server in (also $CIRCUIT_DISCOVER); '' looks for none",
  },
  hmac: { name: "hmac", value: "FILE", help: "key file of the circuit (also $CIRCUIT_HMAC)" },
  timeout: { name: "timeout", value: "SECONDS", help: `longest wait for an answer (default: ${DEFAULT_TIMEOUT / 1000})` },
} as const satisfies Readonly<Record<string, Flag>>;

/** Of single commands. */
export const COMMAND_FLAGS = {
  addr: {
    name: "addr",
    short: "a",
    value: "HOST:PORT",
    help: "where to listen (default: every device, or the loopback device without a key, at port 11022, or any free one where that is taken); HOST alone takes port 11022",
  },
  advertise: { name: "advertise", value: "HOST:PORT", help: "where others reach it, if not where it listens" },
  all: { name: "all", value: null, help: "on every server" },
  copy: { name: "copy", value: null, help: "look at what is kept without taking it" },
  depth: { name: "depth", also: "de", value: null, help: "children before their parents" },
  dir: { name: "dir", value: "DIRECTORY", help: "working directory (default: the server's)" },
  docker: { name: "docker", value: null, help: "allow containers" },
  engine: { name: "engine", value: "ENGINE", help: "mesh (default) or serf" },
  env: { name: "env", value: "NAME=VALUE", help: "a variable for the program, beside what the server has; may be given again" },
  "exit-code": { name: "exit-code", value: null, help: "exit with the process's own exit code" },
  force: { name: "force", short: "f", value: null, help: "do not mind if there is nothing" },
  if: { name: "if", value: "DEVICE", help: "network device to listen on" },
  join: { name: "join", short: "j", value: "ADDRESS", help: "a server whose circuit to join; may be given again" },
  json: { name: "json", value: null, help: "print JSON" },
  keep: { name: "keep", value: null, help: "leave the standard input open for the next writer" },
  kill: { name: "kill", value: null, help: "end a running process with its whole tree" },
  label: { name: "label", value: "NAME=VALUE", help: "on servers that have this label; may be given again" },
  long: { name: "long", short: "l", value: null, help: "show what stands there, too" },
  name: { name: "name", value: "NAME", help: "name of the server (default: the host's name)" },
  "no-stdin": { name: "no-stdin", short: "n", value: null, help: "close the standard input of the program at once" },
  own: { name: "label", value: "NAME=VALUE", help: "a label of the server; may be given again" },
  profile: { name: "name", value: "PROFILE", help: "handles (default), memory, cpu or heap" },
  scrub: { name: "scrub", value: null, help: "take it away when it has ended" },
  seconds: { name: "seconds", value: "SECONDS", help: "how long cpu and heap are measured (default: 5)" },
  var: {
    name: "var",
    value: "DIRECTORY",
    help: "where members are kept over a restart (default: nowhere); %W in it stands for the program's id",
  },
  watch: { name: "watch", short: "w", value: null, help: "go on with every change, until Ctrl-C" },
} as const satisfies Readonly<Record<string, Flag>>;

export type CommandFlag = keyof typeof COMMAND_FLAGS;
