/** Every command as the HTTP interface has it: who may call it, and what its description says. */
import type { CommandName } from "../../wire/contract.js";
import { looksOnly } from "../../wire/effects.js";
import type { Role } from "../api.js";

/** JSON Schema, as far as it is used here. */
export interface Schema {
  readonly type?: "string" | "number" | "integer" | "boolean" | "array" | "object";
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
}

export interface CommandEntry {
  /** The least that is needed; {@link roleFor} tells what is in the end. */
  readonly role: Role;
  readonly summary: string;
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
}

const name: Schema = { type: "string", description: "Name of the watcher" };
const pattern: Schema = { type: "string", description: "Name of the watcher, or a pattern; all watchers where it is left out" };
const waiting: Schema = { type: "boolean", description: "Answer when the work is done, not when it is begun" };
const match: Schema = {
  type: "string",
  enum: ["glob", "simple", "regex"],
  description: "How the name is compared; glob where it is left out",
};
const signum: Schema = { anyOf: [{ type: "integer" }, { type: "string" }], description: "Signal by number or name, such as HUP" };
const pid: Schema = { type: "integer", description: "One process in place of all" };
const recursive: Schema = { type: "boolean", description: "The process and all its descendants" };
const nb: Schema = { type: "integer", minimum: 0, description: "How many; 1 where it is left out" };
const options: Schema = { type: "object", additionalProperties: true, description: "Options by name, as in a [watcher:NAME] section" };

interface Words {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

function looks(summary: string, { properties = {}, required = [] }: Words = {}): CommandEntry {
  return { role: "read", summary, properties, required };
}

function acts(summary: string, { properties = {}, required = [] }: Words = {}): CommandEntry {
  return { role: "admin", summary, properties, required };
}

const matched: Words = { properties: { name: pattern, match, waiting } };
const named: Words = { properties: { name }, required: ["name"] };

/** A command that is missing here does not compile. */
export const COMMANDS: { readonly [C in CommandName]: CommandEntry } = {
  add: acts("Add a watcher", {
    properties: {
      name,
      cmd: { type: "string", description: "Program to run" },
      args: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }], description: "Its arguments" },
      options,
      start: { type: "boolean", description: "Start it at once" },
      waiting,
    },
    required: ["name", "cmd"],
  }),
  commands: looks("Commands that modules of circusd add"),
  decr: acts("Remove processes from a watcher", { properties: { name, nb, waiting }, required: ["name"] }),
  dstats: looks("Figures of circusd itself"),
  get: looks("Options of a watcher, by name", {
    properties: { name, keys: { type: "array", items: { type: "string" }, description: "Names of options" } },
    required: ["name", "keys"],
  }),
  globaloptions: looks("Options of circusd itself", {
    properties: { option: { type: "string", description: "One option; all where it is left out" } },
  }),
  incr: acts("Add processes to a watcher", { properties: { name, nb, waiting }, required: ["name"] }),
  ipython: acts("Circus's interactive Python; circusd answers that it has none"),
  join: acts("Merge the circuits of this daemon and of another server", {
    properties: { address: { type: "string", description: "`HOST:PORT` or `circuit://…`" } },
    required: ["address"],
  }),
  kill: acts("Kill processes of a watcher", {
    properties: {
      name,
      pid,
      signum,
      graceful_timeout: { type: "number", minimum: 0, description: "Seconds until SIGKILL, in place of the watcher's" },
      recursive,
      waiting,
    },
    required: ["name"],
  }),
  list: looks("Names of all watchers, or pids of one", { properties: { name } }),
  listen: acts("Answered with an error that names the endpoint of events; the feed has them for everybody"),
  listsockets: looks("Sockets that circusd holds"),
  members: looks("Servers of the circuit"),
  numprocesses: looks("How many processes there are", { properties: { name } }),
  numwatchers: looks("How many watchers there are"),
  options: looks("All options of a watcher", named),
  quit: acts("End circusd and everything it runs", { properties: { waiting } }),
  relay: looks("Hand a command to the circusd of another server; who may only look, only those that look", {
    properties: {
      server: { type: "string", description: "Its id, or its name where that is unique" },
      command: { type: "string", description: "The command" },
      properties: { type: "object", additionalProperties: true, description: "Its properties" },
      timeout: { type: "number", minimum: 0, description: "Seconds to wait for the answer" },
    },
    required: ["server", "command"],
  }),
  reload: acts("Replace processes by new ones, gracefully where the watcher can", {
    properties: {
      name,
      graceful: { type: "boolean", description: "False to stop and start in place of replacing" },
      sequential: { type: "boolean", description: "One process after the other" },
      waiting,
    },
  }),
  reloadconfig: acts("Read circus.ini again and carry out what changed", { properties: { waiting } }),
  restart: acts("Stop and start watchers; everything where no name is given", matched),
  rm: acts("Remove a watcher", {
    properties: { name, nostop: { type: "boolean", description: "Leave its processes running, unsupervised" }, waiting },
    required: ["name"],
  }),
  set: acts("Change options of a watcher", { properties: { name, options, waiting }, required: ["name", "options"] }),
  signal: acts("Send a signal to processes of a watcher", {
    properties: {
      name,
      signum,
      pid,
      childpid: { type: "integer", description: "A child of the process" },
      children: { type: "boolean", description: "The children in place of the process" },
      recursive,
    },
    required: ["name", "signum"],
  }),
  start: acts("Start watchers", matched),
  stats: looks("Figures of all processes, of a watcher's, or of one", {
    properties: {
      name,
      process: { anyOf: [{ type: "integer" }, { type: "string" }], description: "Pid of one process of the watcher" },
      extended: { type: "boolean", description: "With what an extended_stats hook adds" },
    },
  }),
  status: looks("Whether watchers are active", { properties: { name } }),
  stop: acts("Stop watchers; all where no name is given", matched),
  tail: looks("The last lines that a watcher's processes wrote", {
    properties: {
      name,
      pid,
      stream: { type: "string", enum: ["stdout", "stderr"], description: "Both where it is left out" },
      lines: { type: "integer", minimum: 0, description: "At most so many, the last ones" },
      after: { type: "string", description: "The cursor of an earlier answer: what came since" },
      wait: { type: "number", minimum: 0, description: "Seconds, at most 60, for which the answer is held back until there is something" },
    },
    required: ["name"],
  }),
};

/** Names in the order of the alphabet. */
export const COMMAND_NAMES: readonly CommandName[] = Object.keys(COMMANDS).filter((text): text is CommandName =>
  Object.hasOwn(COMMANDS, text),
);

/** The role that a command needs: one that is handed on, that of what is handed on. */
export function roleFor(command: CommandName, properties: Readonly<Record<string, unknown>>): Role {
  if (command !== "relay") return COMMANDS[command].role;
  const { command: relayed } = properties;
  // Whatever is not known to look, another `relay` too, may do anything.
  return typeof relayed === "string" && looksOnly(relayed) ? "read" : "admin";
}

/** Whether a role may do what another is needed for. */
export function mayAct(role: Role, needed: Role): boolean {
  return role === "admin" || needed === "read";
}
