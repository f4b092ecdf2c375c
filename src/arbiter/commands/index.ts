/** Every command of the contract with its handler. */
import type { Handlers } from "../controller.js";
import { add } from "./add.js";
import { commands } from "./commands.js";
import { decr } from "./decr.js";
import { dstats } from "./dstats.js";
import { get } from "./get.js";
import { globaloptions } from "./globaloptions.js";
import { incr } from "./incr.js";
import { ipython } from "./ipython.js";
import { join } from "./join.js";
import { kill } from "./kill.js";
import { list } from "./list.js";
import { listen } from "./listen.js";
import { listsockets } from "./listsockets.js";
import { members } from "./members.js";
import { numprocesses } from "./numprocesses.js";
import { numwatchers } from "./numwatchers.js";
import { options } from "./options.js";
import { quit } from "./quit.js";
import { relay } from "./relay.js";
import { reload } from "./reload.js";
import { reloadconfig } from "./reloadconfig.js";
import { restart } from "./restart.js";
import { rm } from "./rm.js";
import { set } from "./set.js";
import { signal } from "./signal.js";
import { start } from "./start.js";
import { stats } from "./stats.js";
import { status } from "./status.js";
import { stop } from "./stop.js";
import { tail } from "./tail.js";

export const handlers: Handlers = {
  add,
  commands,
  decr,
  dstats,
  get,
  globaloptions,
  incr,
  ipython,
  join,
  kill,
  list,
  listen,
  listsockets,
  members,
  numprocesses,
  numwatchers,
  options,
  quit,
  relay,
  reload,
  reloadconfig,
  restart,
  rm,
  set,
  signal,
  start,
  stats,
  status,
  stop,
  tail,
};
