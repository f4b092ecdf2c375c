/** Which commands only look, so that everybody may send them and any number of daemons can be asked at once. */
import type { CommandName } from "./contract.js";

/** `listen` and `ipython` are answered with no more than a hint; nobody needs them by way of others. */
const LOOKS: { readonly [C in CommandName]: boolean } = {
  add: false,
  commands: true,
  decr: false,
  dstats: true,
  get: true,
  globaloptions: true,
  incr: false,
  ipython: false,
  join: false,
  kill: false,
  list: true,
  listen: false,
  listsockets: true,
  members: true,
  numprocesses: true,
  numwatchers: true,
  options: true,
  quit: false,
  // What is handed on may be anything.
  relay: false,
  reload: false,
  reloadconfig: false,
  restart: false,
  rm: false,
  set: false,
  signal: false,
  start: false,
  stats: true,
  status: true,
  stop: false,
  tail: true,
};

/**
 * Whether a command changes nothing; false for one that is not of the contract, as nobody knows what it does.
 * @example `looksOnly("status")`
 */
export function looksOnly(command: string): boolean {
  // Its own keys alone: "constructor" is no command.
  return Object.entries(LOOKS).some(([name, looks]) => looks && name === command);
}
