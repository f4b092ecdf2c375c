/** The table of commands: what each is for, and where it is told. A command is loaded when it is asked for. */
import type { CommandName } from "../wire/contract.js";
import type { Command } from "./command.js";

interface Entry {
  /** As the list of commands shows it. */
  readonly summary: string;
  load(): Promise<{ readonly command: Command }>;
}

export const COMMANDS: { readonly [C in CommandName]: Entry } = {
  add: { summary: "Add a watcher", load: () => import("./render/add.js") },
  commands: { summary: "Get the commands that the daemon adds to these", load: () => import("./render/commands.js") },
  decr: { summary: "Decrement the number of processes in a watcher", load: () => import("./render/decr.js") },
  dstats: { summary: "Get circusd stats", load: () => import("./render/dstats.js") },
  get: { summary: "Get the value of specific watcher options", load: () => import("./render/get.js") },
  globaloptions: { summary: "Get the arbiter options", load: () => import("./render/globaloptions.js") },
  incr: { summary: "Increment the number of processes in a watcher", load: () => import("./render/incr.js") },
  ipython: { summary: "Tell what stands in for Circus's Python shell", load: () => import("./render/ipython.js") },
  join: { summary: "Merge the circuits of two servers", load: () => import("./render/join.js") },
  kill: { summary: "Stop processes; the watcher starts new ones", load: () => import("./render/kill.js") },
  list: { summary: "Get list of watchers or processes in a watcher", load: () => import("./render/list.js") },
  listen: { summary: "Subscribe to events", load: () => import("./render/listen.js") },
  listsockets: { summary: "Get the list of sockets", load: () => import("./render/listsockets.js") },
  members: { summary: "List the servers of the circuit", load: () => import("./render/members.js") },
  numprocesses: { summary: "Get the number of processes", load: () => import("./render/numprocesses.js") },
  numwatchers: { summary: "Get the number of watchers", load: () => import("./render/numwatchers.js") },
  options: { summary: "Get the value of all options for a watcher", load: () => import("./render/options.js") },
  quit: { summary: "Stop everything and end the daemon", load: () => import("./render/quit.js") },
  relay: { summary: "Hand a command to another server of the circuit", load: () => import("./render/relay.js") },
  reload: { summary: "Replace the processes of watchers, without a gap", load: () => import("./render/reload.js") },
  reloadconfig: { summary: "Reload the configuration file", load: () => import("./render/reloadconfig.js") },
  restart: { summary: "Restart the arbiter or a watcher", load: () => import("./render/restart.js") },
  rm: { summary: "Remove a watcher", load: () => import("./render/rm.js") },
  set: { summary: "Set a watcher option", load: () => import("./render/set.js") },
  signal: { summary: "Send a signal", load: () => import("./render/signal.js") },
  start: { summary: "Start a watcher or all watchers", load: () => import("./render/start.js") },
  stats: { summary: "Get process infos", load: () => import("./render/stats.js") },
  status: { summary: "Get the status of a watcher or all watchers", load: () => import("./render/status.js") },
  stop: { summary: "Stop watchers", load: () => import("./render/stop.js") },
  tail: { summary: "Show and follow what processes write", load: () => import("./render/tail.js") },
};

export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}

/** Sorted. */
export function commandNames(): readonly CommandName[] {
  return Object.keys(COMMANDS).filter(isCommandName).sort();
}

export async function loadCommand(name: CommandName): Promise<Command> {
  return (await COMMANDS[name].load()).command;
}
