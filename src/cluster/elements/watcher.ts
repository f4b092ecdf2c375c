/** The watchers of this host's circusd, as they stand in the tree below `circus/`: to be looked at, not to be made there. */
import type { LocalCircus } from "../../core/circuit/circus-port.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import type { Mount } from "../tree.js";
import type { Element } from "./element.js";

const READ_ONLY = 'watchers belong to circusd; "circusctl" adds, starts, stops and removes them';

/** @example `new Tree({ …, mounts: [mountWatchers(circus)] })` */
export function mountWatchers(circus: LocalCircus): Mount {
  return {
    name: "circus",
    kind: "watcher",
    refusal: READ_ONLY,
    names: async () => (await circus.watchers()).map(anchorOf),
    async find(anchor) {
      const watchers = await circus.watchers().catch((cause: unknown) => {
        throw unavailable(cause);
      });
      const watcher = watchers.find((name) => anchorOf(name) === anchor);
      return watcher === undefined ? null : makeWatcher(watcher, circus);
    },
  };
}

function makeWatcher(name: string, circus: LocalCircus): Element {
  const ask = async (command: string, key: string): Promise<unknown> => {
    const reply = await circus.command(command, { name }, null).catch((cause: unknown) => {
      throw unavailable(cause);
    });
    if (reply["status"] === "error") throw new CircuitError("no-such-element", `Watcher "${name}": ${String(reply["reason"])}`);
    return reply[key];
  };
  return {
    kind: "watcher",
    id: `watcher:${name}`,
    handlers: {},
    async stat() {
      const [status, numprocesses, pids, options] = await Promise.all([
        ask("status", "status"),
        ask("numprocesses", "numprocesses"),
        ask("list", "pids"),
        ask("options", "options"),
      ]);
      return { Name: name, Status: status, NumProcesses: numprocesses, Pids: pids, Options: options };
    },
    // The tree refuses before it comes to this.
    scrub: async () => undefined,
  };
}

/** A watcher may be called anything, an anchor may not. */
function anchorOf(watcher: string): string {
  const safe = watcher.replaceAll("%", "%25").replaceAll("/", "%2F").replaceAll("\0", "%00");
  return safe.startsWith(".") ? `%2E${safe.slice(1)}` : safe;
}

function unavailable(cause: unknown): CircuitError {
  return new CircuitError("unavailable", `circusd does not answer: ${cause instanceof Error ? cause.message : String(cause)}`);
}
