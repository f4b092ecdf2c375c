/** Figures for scripts and pipes: a table with the watcher in every line, or JSON. */
import { encodeJson } from "../../wire/codec.js";
import { table, type Cell, type Style } from "../terminal.js";
import type { ProcessFigures, ServerFigures, Snapshot, WatcherFigures } from "./model.js";
import { sumsOf } from "./rows.js";
import { compareText } from "./sort.js";
import { clean } from "./text.js";
import { age, percent, processorTime, size, thousands } from "./units.js";

const HEAD = ["WATCHER", "PID", "CPU%", "MEM%", "RSS", "TIME", "AGE", "USER", "COMMAND"];
const FIGURES = { first: 1, last: 6 };

/** What stands for a pid in the line of a whole watcher; Circus's word. */
const ALL = "all";

/** A line per process, then one of each watcher's sums; sockets in a table of their own. Ends without a line break. */
export function renderTable(snapshot: Snapshot, style: Style): string {
  const aligned: Style = { ...style, aligned: true };
  const rows = [HEAD, ...living(snapshot).flatMap(watcherRows)];
  const processes = table(rows.map(processCells), aligned);
  if (snapshot.sockets.length === 0) return processes;
  const sockets = sortedSockets(snapshot);
  const reads = sockets.map(({ address, reads: count }) => [clean(address), thousands(count)]);
  const all = [ALL, thousands(sockets.reduce((sum, socket) => sum + socket.reads, 0))];
  return `${processes}\n\n${table([["SOCKET", "READS/S"], ...reads, all].map(socketCells), aligned)}`;
}

/** The same for the servers of a circuit, whose names stand before the watchers. One that does not answer says so. */
export function renderServers(servers: readonly ServerFigures[], style: Style): string {
  const rows = servers.flatMap(({ name, silence, state, watchers }) => {
    const known = living({ watchers, sockets: [] })
      .flatMap(watcherRows)
      .map((row) => [clean(name), ...row]);
    const note = state === "lost" ? "lost" : silence === null ? null : `no answer for ${Math.floor(silence / 1000)} s`;
    return note === null ? known : [...known, [clean(name), ...Array.from({ length: HEAD.length - 1 }, () => ""), note]];
  });
  const cells = [["SERVER", ...HEAD], ...rows].map((row, line) => {
    const [server = "", ...others] = row;
    return [{ text: server, ...(line === 0 ? { colour: "bold" as const } : {}) }, ...processCells(others, line)];
  });
  return table(cells, { ...style, aligned: true });
}

/** One document, in one line. @param time seconds since the epoch */
export function renderServersJson(servers: readonly ServerFigures[], time: number): string {
  return encodeJson({
    time,
    servers: servers.map(({ id, name, state, silence, watchers }) => {
      return { id, name, state, silence: silence === null ? null : silence / 1000, watchers: watchersOf({ watchers, sockets: [] }) };
    }),
  });
}

/** One document, in one line. @param time seconds since the epoch */
export function renderJson(snapshot: Snapshot, time: number): string {
  return encodeJson({
    time,
    watchers: watchersOf(snapshot),
    sockets: sortedSockets(snapshot).map(({ fd, address, reads }) => ({ fd, address, reads })),
  });
}

function watchersOf(snapshot: Snapshot): readonly object[] {
  return living(snapshot).map(({ name, processes }) => {
    const { count, cpu, average, mem, rss, time: spent, age: oldest } = sumsOf(processes);
    const own = processes.map((one) => ({
      ...{ pid: one.pid, name: one.name, cpu: one.cpu, mem: one.mem, rss: one.rss },
      ...{ cpu_seconds: one.time, age: one.age, username: one.user, cmdline: one.command },
    }));
    return { name, count, cpu, cpu_average: average, mem, rss, cpu_seconds: spent, age: oldest, processes: own };
  });
}

function living({ watchers }: Snapshot): readonly WatcherFigures[] {
  return [...watchers]
    .sort((a, b) => compareText(a.name, b.name))
    .map(({ name, processes }) => ({ name, processes: processes.filter(({ gone }) => !gone).sort((a, b) => a.pid - b.pid) }));
}

function sortedSockets({ sockets }: Snapshot): Snapshot["sockets"] {
  return [...sockets].sort((a, b) => compareText(a.address, b.address) || a.fd - b.fd);
}

function watcherRows({ name, processes }: WatcherFigures): readonly (readonly string[])[] {
  const sums = sumsOf(processes);
  const count = `${thousands(sums.count)} ${sums.count === 1 ? "process" : "processes"}`;
  return [
    ...processes.map((one) => [clean(name), String(one.pid), ...figures(one), clean(one.user), commandOf(one)]),
    [clean(name), ALL, ...figures(sums), "", count],
  ];
}

function commandOf({ name, command }: ProcessFigures): string {
  return clean(name === null || name === command ? command : `${command} (${name})`);
}

function figures(values: {
  readonly cpu: number;
  readonly mem: number;
  readonly rss: number;
  readonly time: number;
  readonly age: number;
}): readonly string[] {
  return [percent(values.cpu), percent(values.mem), size(values.rss), processorTime(values.time), age(values.age).replace(" ", "")];
}

function processCells(row: readonly string[], line: number): readonly Cell[] {
  return row.map((text, column) => ({
    text: text === "" ? "-" : text,
    right: column >= FIGURES.first && column <= FIGURES.last,
    ...(line === 0 || row[1] === ALL ? { colour: "bold" } : {}),
  }));
}

function socketCells(row: readonly string[], line: number): readonly Cell[] {
  return row.map((text, column) => ({ text, right: column === 1, ...(line === 0 || row[0] === ALL ? { colour: "bold" } : {}) }));
}
