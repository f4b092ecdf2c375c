/** The commands of `circuit`: what they take, and where they are written. None is loaded that is not run. */
import { NOT_RUN } from "./failure.js";
import type { CommandFlag } from "./options.js";
import type { RunCommand } from "./session.js";

/** What help texts tell of a command. */
export interface CommandManual {
  readonly summary: string;
  /** What stands after the name. */
  readonly operands: string;
  readonly flags?: readonly CommandFlag[];
  /** What there is to know beyond the summary. */
  readonly about?: string;
}

export interface CommandInfo extends CommandManual {
  /** Least and most words. */
  readonly words: readonly [number, number];
  /** Exit code where it goes wrong. @default 1 */
  readonly failure?: number;
  readonly load: () => Promise<RunCommand>;
}

const make = () => import("./make.js");
const peek = () => import("./peek.js");
const pipe = () => import("./pipe.js");
const servers = () => import("./servers.js");

/** In the order of the help text. */
export const COMMANDS = {
  ls: {
    summary: "List anchors and what stands there",
    operands: "GLOB",
    words: [1, 1],
    flags: ["long", "depth"],
    about:
      "/ lists the servers, /X… what is one level below it, and /... or /X…/... all that is below. A server that cannot be asked is a line on the standard error, and exit code 1.",
    load: async () => (await import("./ls.js")).ls,
  },
  peek: {
    summary: "Show how an element is",
    operands: "ANCHOR",
    words: [1, 1],
    load: async () => (await peek()).peek,
  },
  scrub: {
    summary: "Remove an element",
    operands: "ANCHOR",
    words: [1, 1],
    flags: ["kill", "force"],
    about: "A process that runs goes on, unmanaged, unless --kill is given. What stands below the anchor stays.",
    load: async () => (await make()).scrub,
  },
  run: {
    summary: "Run a program, print what it prints, and leave nothing behind",
    operands: "[SERVER | ANCHOR] -- PROGRAM [ARGUMENT ...]",
    words: [0, 1],
    failure: NOT_RUN,
    flags: ["all", "label", "env", "dir", "no-stdin"],
    about:
      "Runs on the server that was asked unless told otherwise. The program reads this command's standard input and ends with its exit code, the highest where there are several, 125 where it could not be run. Ctrl-C is handed on to the program; a second one kills all of it.",
    load: async () => (await import("./run/run.js")).run,
  },
  mkproc: {
    summary: "Start a process, told as JSON on the standard input",
    operands: "ANCHOR",
    words: [1, 1],
    flags: ["scrub"],
    about:
      'Fields: Path (a name without a slash is looked for in PATH), Args, Env (replaces the server\'s), Dir, Scrub, Buffer, Overflow ("drop" or "block").',
    load: async () => (await make()).makeProcess,
  },
  mkdkr: {
    summary: "Run a container, told as JSON on the standard input",
    operands: "ANCHOR",
    words: [1, 1],
    flags: ["scrub"],
    about: "Fields: Image, Path, Args, Env, Dir, Entry, Memory, CpuShares, Volume, Scrub. The server must have been started with --docker.",
    load: async () => (await make()).makeContainer,
  },
  signal: {
    summary: "Send a signal to a process or a container",
    operands: "SIGNAL ANCHOR",
    words: [2, 2],
    load: async () => (await pipe()).sendSignal,
  },
  wait: {
    summary: "Wait until a process or a container has ended, and show how",
    operands: "ANCHOR",
    words: [1, 1],
    flags: ["exit-code"],
    load: async () => (await peek()).wait,
  },
  waitall: {
    summary: "Wait until all have ended whose anchors the standard input names, one a line",
    operands: "",
    words: [0, 0],
    load: async () => (await peek()).waitAll,
  },
  stdin: {
    summary: "Write the standard input to that of a process, and close it",
    operands: "ANCHOR",
    words: [1, 1],
    flags: ["keep"],
    load: async () => (await pipe()).stdin,
  },
  stdout: {
    summary: "Print the standard output of a process, from the first byte that nobody has taken",
    operands: "ANCHOR",
    words: [1, 1],
    flags: ["copy"],
    load: async () => (await pipe()).stdout,
  },
  stderr: {
    summary: "Print the standard error of a process, from the first byte that nobody has taken",
    operands: "ANCHOR",
    words: [1, 1],
    flags: ["copy"],
    load: async () => (await pipe()).stderr,
  },
  mkchan: {
    summary: "Make a channel",
    operands: "ANCHOR CAPACITY",
    words: [2, 2],
    load: async () => (await make()).makeChannel,
  },
  send: {
    summary: "Send the standard input to a channel, as one message",
    operands: "ANCHOR",
    words: [1, 1],
    load: async () => (await pipe()).send,
  },
  recv: {
    summary: "Print one message of a channel, or one event of a subscription",
    operands: "ANCHOR",
    words: [1, 1],
    about: "It is gone from there when all of it has been written.",
    load: async () => (await pipe()).receive,
  },
  close: {
    summary: "Close a channel; what is in it can still be received",
    operands: "ANCHOR",
    words: [1, 1],
    load: async () => (await pipe()).close,
  },
  mkdns: {
    summary: "Start a name server",
    operands: "ANCHOR [HOST:PORT]",
    words: [1, 2],
    load: async () => (await make()).makeNameserver,
  },
  set: {
    summary: "Add a record to a name server",
    operands: "ANCHOR RECORD",
    words: [2, 2],
    load: async () => (await make()).setRecord,
  },
  unset: {
    summary: "Remove all records of a name from a name server",
    operands: "ANCHOR NAME",
    words: [2, 2],
    load: async () => (await make()).unsetName,
  },
  "mk@join": {
    summary: "Subscribe to servers that join",
    operands: "ANCHOR",
    words: [1, 1],
    load: async () => (await make()).makeOnJoin,
  },
  "mk@leave": {
    summary: "Subscribe to servers that leave",
    operands: "ANCHOR",
    words: [1, 1],
    load: async () => (await make()).makeOnLeave,
  },
  members: {
    summary: "Show the servers with their states, names, addresses and labels",
    operands: "",
    words: [0, 0],
    flags: ["json", "watch"],
    load: async () => (await servers()).members,
  },
  join: {
    summary: "Merge the circuit of a server with that of an address",
    operands: "SERVER ADDRESS",
    words: [2, 2],
    load: async () => (await servers()).join,
  },
  stk: {
    summary: "Show a profile of a server",
    operands: "SERVER",
    words: [1, 1],
    flags: ["profile", "seconds"],
    load: async () => (await servers()).profile,
  },
  suicide: {
    summary: "End a server, with all that stands on it",
    operands: "SERVER",
    words: [1, 1],
    load: async () => (await servers()).suicide,
  },
} as const satisfies Readonly<Record<string, CommandInfo>>;

export type CommandName = keyof typeof COMMANDS;

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

/** Commands that ask no circuit. */
export const OWN_COMMANDS = {
  start: {
    summary: "Run a server of a circuit on this host, until it is ended",
    operands: "",
    flags: ["addr", "if", "advertise", "join", "own", "name", "engine", "docker", "var"],
    about:
      "Prints its address in the first line of its standard output, and logs to its standard error. --discover and --hmac are for it, too. Without a key it listens on the loopback device alone.",
  },
  keygen: {
    summary: "Make a key for a circuit and print it",
    operands: "",
    about: "Keep it in a file that only you can read, the same on every host.",
  },
  version: { summary: "Show the version", operands: "" },
  help: { summary: "Show help, of a command where one is named", operands: "[COMMAND]" },
} as const satisfies Readonly<Record<string, CommandManual>>;

export type OwnCommand = keyof typeof OWN_COMMANDS;

export function isOwnCommand(name: string): name is OwnCommand {
  return Object.hasOwn(OWN_COMMANDS, name);
}
