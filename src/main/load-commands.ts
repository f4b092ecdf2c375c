/** Loads the modules of added commands and gives their functions a client of the arbiter that they run in. */
import type { ArbiterParts } from "../arbiter/parts.js";
import { CircusClient } from "../client/call.js";
import { Watcher } from "../client/watcher.js";
import type { AddedCommand } from "../core/ports.js";
import { succeed } from "../core/result.js";
import { loadCommandModule, type CommandModule } from "../os/command-module.js";

/** What `execute` of an added command gets as its second argument. */
export interface Circus {
  readonly client: CircusClient;
  readonly watcher: (name: string) => Watcher;
}

/** All of them, or a failure that tells what is wrong with the first that cannot be loaded. */
export const loadCommands: ArbiterParts["loadCommands"] = async (modules, { transport, endpoint }) => {
  const loaded: AddedCommand[] = [];
  for (const module of modules) {
    const read = await loadCommandModule<Circus>(module, process.cwd());
    if (!read.ok) return read;
    loaded.push(withCircus(read.value, () => new CircusClient({ transport, endpoint })));
  }
  return succeed(loaded);
};

/** Each call has a connection of its own, which ends with it. */
function withCircus(module: CommandModule<Circus>, connect: () => CircusClient): AddedCommand {
  return {
    ...module,
    execute: async (properties) => {
      await using client = connect();
      return await module.execute(properties, { client, watcher: (name) => new Watcher(client, name) });
    },
  };
}
