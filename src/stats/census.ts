/** Asks a daemon, with commands that cost it little, for what no event tells: who is there already, and its sockets. */
import type { CircusClient } from "../client/call.js";
import { CallError } from "../client/errors.js";
import type { Pid } from "../core/ports.js";
import type { ListedSocket } from "../wire/contract.js";
import type { Lists } from "./roster.js";

export interface Census {
  readonly lists: Lists;
  /** circusd's own; null where it does not say. */
  readonly daemon: Pid | null;
  readonly sockets: readonly ListedSocket[];
}

/**
 * Lists every watcher, one after the other, so that the daemon has its turns between.
 * @param daemon its pid where that is known: to tell it costs the daemon a look at itself
 * @throws CallTimeout when it does not answer.
 */
export async function takeCensus(client: CircusClient, daemon: Pid | null): Promise<Census> {
  const reply = await client.call("list", {});
  const lists = new Map<string, readonly Pid[]>();
  for (const name of "watchers" in reply ? reply.watchers : []) {
    const pids = await pidsOf(client, name);
    if (pids !== null) lists.set(name, pids);
  }
  const { sockets } = await client.call("listsockets", {});
  return { lists, daemon: daemon ?? (await ownPid(client)), sockets };
}

/** Null where the watcher was removed meanwhile. */
async function pidsOf(client: CircusClient, name: string): Promise<readonly Pid[] | null> {
  try {
    const reply = await client.call("list", { name });
    return "pids" in reply ? reply.pids : [];
  } catch (cause) {
    if (cause instanceof CallError) return null;
    throw cause;
  }
}

async function ownPid(client: CircusClient): Promise<Pid | null> {
  const { info } = await client.call("dstats", {});
  return typeof info === "string" ? null : info.pid;
}
