/**
 * Brings the sockets to what a changed configuration wants. It looks at the sockets that are there rather than at what
 * the file said before, so that what could not be bound once is tried again.
 */
import type { BoundSocket, Log } from "../core/ports.js";
import type { SocketSpec } from "../core/spec.js";
import { isSame, type ReloadPlan } from "./reload.js";
import type { Runner } from "./runner.js";
import type { SocketTable } from "./socket-table.js";
import type { Watchers } from "./watchers.js";

export interface Holders {
  readonly watchers: Watchers;
  readonly sockets: SocketTable;
  readonly log: Log;
}

/** A socket that is to take the place of another; `fresh` is bound already, null waits for the old one to be closed. */
interface Move {
  readonly old: BoundSocket;
  readonly spec: SocketSpec;
  readonly fresh: BoundSocket | null;
}

/**
 * A socket that cannot be bound as it is wanted stays as it was, with its workers; the log says so.
 * @returns the watchers that were stopped for it, to be started again
 */
export async function rebind({ config, newSockets }: ReloadPlan, holders: Holders): Promise<readonly Runner[]> {
  const { sockets, log } = holders;
  const wanted = new Set(config.sockets.map(({ name }) => name));
  const removed = sockets.all().filter(({ spec }) => !wanted.has(spec.name));
  const moves = await prepare(config.sockets, removed, holders);
  const closing = [...removed, ...moves.map(({ old }) => old)].map(({ spec }) => spec.name);
  // Workers hold a socket's address as long as they run.
  const interrupted = await stopUsers(closing, holders);
  for (const name of closing) sockets.close(name);
  for (const move of moves) await settle(move, holders);

  const late: string[] = [];
  for (const spec of config.sockets.filter(({ name }) => sockets.get(name) === undefined && !closing.includes(name))) {
    const bound = await sockets.bind(spec);
    if (!bound.ok) log.error(bound.failure);
    else if (!newSockets.includes(spec)) late.push(spec.name);
  }
  // They were started without it.
  return [...interrupted, ...(await stopUsers(late, holders))];
}

/** Binds beside the old ones what can be, and leaves out what is not possible. */
async function prepare(
  wanted: readonly SocketSpec[],
  removed: readonly BoundSocket[],
  { sockets, log }: Holders,
): Promise<readonly Move[]> {
  const changed = wanted.flatMap((spec) => {
    const old = sockets.get(spec.name);
    return old === undefined || isSame(old.spec, spec) ? [] : [{ old, spec }];
  });
  const leaving = [...removed, ...changed.map(({ old }) => old)];
  const moves: Move[] = [];
  for (const { old, spec } of changed) {
    const fresh = await sockets.open(spec);
    if (fresh.ok) moves.push({ old, spec, fresh: fresh.value });
    else if (leaving.some((other) => standsInTheWay(other, spec))) moves.push({ old, spec, fresh: null });
    else log.error(`${fresh.failure}; until then the socket stays as it was`);
  }
  return moves;
}

/** Whether a socket has the address that another one wants. */
export function standsInTheWay({ address }: BoundSocket, spec: SocketSpec): boolean {
  return "path" in address ? address.path === spec.path : spec.path === null && address.port === spec.port;
}

async function settle({ old, spec, fresh }: Move, { sockets, log }: Holders): Promise<void> {
  if (fresh !== null) return sockets.put(fresh);
  const bound = await sockets.bind(spec);
  if (bound.ok) return;
  log.error(`${bound.failure}; until then the socket stays as it was`);
  const again = await sockets.bind(old.spec);
  if (!again.ok) log.error(again.failure);
}

async function stopUsers(names: readonly string[], { watchers }: Holders): Promise<readonly Runner[]> {
  const concerned = new Set(names);
  const users = watchers.inOrder().filter((runner) => runner.holdsSocket(concerned));
  await Promise.all(users.map((runner) => runner.interrupt()));
  return users;
}
