/** State to rows: watchers with their processes below, then sockets; filtered, sorted and folded. */
import type { SocketReads } from "../../wire/stats.js";
import type { ProcessFigures, ServerFigures, Snapshot, WatcherFigures } from "./model.js";
import { comparing, compareText, type Comparable, type Sort } from "./sort.js";

export interface Sums extends Comparable {
  /** Processes that live. */
  readonly count: number;
  /** Percent of one core, per process. */
  readonly average: number;
}

/** `key` stays the same while the row moves; `group` is the key of the row that it can be folded into. */
export type Row = {
  readonly key: string;
  readonly group: string;
  /** Of a circuit: whether the figures of its server are old. */
  readonly server?: { readonly stale: boolean };
} & (
  | { readonly kind: "server"; readonly figures: ServerFigures; readonly sums: Sums; readonly folded: boolean }
  | { readonly kind: "watcher"; readonly name: string; readonly sums: Sums; readonly shown: number; readonly folded: boolean }
  | { readonly kind: "process"; readonly figures: ProcessFigures }
  | { readonly kind: "sockets"; readonly count: number; readonly reads: number; readonly folded: boolean }
  | { readonly kind: "socket"; readonly socket: SocketReads }
);

/** How rows are to be chosen and ordered. */
export interface Arrangement {
  readonly sort: Sort;
  /** Only what has this in it, in whatever case; all when empty. */
  readonly filter: string;
  readonly isFolded: (group: string) => boolean;
}

export const SOCKETS_GROUP = "sockets";

export function arrange({ watchers, sockets, servers }: Snapshot, arrangement: Arrangement): readonly Row[] {
  if (servers !== undefined) return arrangeServers(servers, arrangement);
  const found = watchers
    .map((watcher) => ({ name: watcher.name, sums: sumsOf(watcher.processes), processes: matching(watcher, arrangement.filter) }))
    .filter(({ name, processes }) => processes.length > 0 || has(name, arrangement.filter));
  const { sort } = arrangement;
  const order = comparing<(typeof found)[number]>(
    sort.watchersByName ? { ...sort, column: "name", reversed: false } : sort,
    ({ sums }) => sums,
    (a, b) => compareText(a.name, b.name),
  );
  return [...found.sort(order).flatMap((watcher) => watcherRows(watcher, arrangement)), ...socketRows(sockets, arrangement)];
}

/** A server that matches brings all its watchers with it. */
function arrangeServers(servers: readonly ServerFigures[], arrangement: Arrangement): readonly Row[] {
  const { sort, filter, isFolded } = arrangement;
  const found = servers.flatMap((figures) => {
    const { id, name, watchers } = figures;
    const known = has(name, filter);
    const within = (group: string): string => `${id} ${group}`;
    const rows = arrange(
      { watchers, sockets: [] },
      { sort, filter: known ? "" : filter, isFolded: (group) => isFolded(within(group)) },
    ).map((row): Row => ({ ...row, key: within(row.key), group: within(row.group), server: { stale: isStale(figures) } }));
    return known || rows.length > 0 ? [{ figures, sums: sumsOf(watchers.flatMap(({ processes }) => processes)), rows }] : [];
  });
  const order = comparing<(typeof found)[number]>(
    sort.watchersByName ? { ...sort, column: "name", reversed: false } : sort,
    ({ sums }) => sums,
    (a, b) => compareText(a.figures.name, b.figures.name) || compareText(a.figures.id, b.figures.id),
  );
  return found.sort(order).flatMap(({ figures, sums, rows }): readonly Row[] => {
    const group = `server ${figures.id}`;
    const folded = isFolded(group);
    const head: Row = { kind: "server", key: group, group, figures, sums, folded, server: { stale: isStale(figures) } };
    return folded ? [head] : [head, ...rows];
  });
}

function isStale({ state, silence }: ServerFigures): boolean {
  return state === "lost" || silence !== null;
}

interface Found {
  readonly name: string;
  readonly sums: Sums;
  readonly processes: readonly ProcessFigures[];
}

function watcherRows({ name, sums, processes }: Found, { sort, isFolded }: Arrangement): readonly Row[] {
  const group = `watcher ${name}`;
  const folded = isFolded(group);
  const shown = processes.filter(({ gone }) => !gone).length;
  const head: Row = { kind: "watcher", key: group, group, name, sums, shown, folded };
  if (folded) return [head];
  const order = comparing<ProcessFigures>(
    sort,
    (figures) => figures,
    (a, b) => a.pid - b.pid,
  );
  const sorted = [...processes].sort(order);
  return [head, ...sorted.map((figures): Row => ({ kind: "process", key: `process ${figures.pid} of ${name}`, group, figures }))];
}

function socketRows(sockets: readonly SocketReads[], { sort, filter, isFolded }: Arrangement): readonly Row[] {
  const found = sockets.filter(({ address }) => has(SOCKETS_GROUP, filter) || has(address, filter));
  if (found.length === 0) return [];
  const folded = isFolded(SOCKETS_GROUP);
  const reads = sockets.reduce((sum, socket) => sum + socket.reads, 0);
  const head: Row = { kind: "sockets", key: SOCKETS_GROUP, group: SOCKETS_GROUP, count: sockets.length, reads, folded };
  if (folded) return [head];
  const byAddress = (a: SocketReads, b: SocketReads): number => compareText(a.address, b.address) || a.fd - b.fd;
  const sign = sort.reversed ? -1 : 1;
  const order = (a: SocketReads, b: SocketReads): number =>
    sort.column === "name" ? sign * byAddress(a, b) : sign * (b.reads - a.reads) || byAddress(a, b);
  return [head, ...found.sort(order).map((socket): Row => ({ kind: "socket", key: `socket ${socket.fd}`, group: SOCKETS_GROUP, socket }))];
}

/** A name that matches brings all processes with it. */
function matching({ name, processes }: WatcherFigures, filter: string): readonly ProcessFigures[] {
  if (has(name, filter)) return processes;
  return processes.filter((one) => [String(one.pid), one.command, one.user, one.name ?? ""].some((text) => has(text, filter)));
}

function has(text: string, filter: string): boolean {
  return text.toLowerCase().includes(filter.toLowerCase());
}

/** What a watcher's processes come to, without those that are gone; its age is the highest. */
export function sumsOf(processes: readonly ProcessFigures[]): Sums {
  const living = processes.filter(({ gone }) => !gone);
  const sum = (pick: (figures: ProcessFigures) => number): number => living.reduce((total, figures) => total + pick(figures), 0);
  const cpu = sum((figures) => figures.cpu);
  return {
    count: living.length,
    average: living.length === 0 ? 0 : cpu / living.length,
    cpu,
    mem: sum((figures) => figures.mem),
    rss: sum((figures) => figures.rss),
    time: sum((figures) => figures.time),
    age: living.reduce((highest, figures) => Math.max(highest, figures.age), 0),
    user: living[0]?.user ?? "",
    command: living[0]?.command ?? "",
  };
}
