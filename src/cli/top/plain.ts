/** Figures for scripts and pipes: a table with the watcher in every line, or JSON. */
import { encodeJson } from "../../wire/codec.js";
import { table, type Cell, type Style } from "../terminal.js";
import type { ProcessFigures, Snapshot, WatcherFigures } from "./model.js";
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

/** One document, in one line. @param time seconds since the epoch */
export function renderJson(snapshot: Snapshot, time: number): string {
  return encodeJson({
    time,
    watchers: living(snapshot).map(({ name, processes }) => {
      const { count, cpu, average, mem, rss, time: spent, age: oldest } = sumsOf(processes);
      const own = processes.map((one) => ({
        ...{ pid: one.pid, name: one.name, cpu: one.cpu, mem: one.mem, rss: one.rss },
        ...{ cpu_seconds: one.time, age: one.age, username: one.user, cmdline: one.command },
      }));
      return { name, count, cpu, cpu_average: average, mem, rss, cpu_seconds: spent, age: oldest, processes: own };
    }),
    sockets: sortedSockets(snapshot).map(({ fd, address, reads }) => ({ fd, address, reads })),
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
