import assert from "node:assert/strict";
import test from "node:test";
import type { ProcessFigures, Snapshot } from "../../../../src/cli/top/model.js";
import { arrange, sumsOf, type Arrangement, type Row } from "../../../../src/cli/top/rows.js";
import { chooseColumn, FIRST_SORT, isRising, shiftColumn, type SortColumn } from "../../../../src/cli/top/sort.js";

function figures(pid: number, more: Partial<ProcessFigures> = {}): ProcessFigures {
  return { pid, name: null, cpu: 0, mem: 0, rss: 0, time: 0, age: 0, user: "root", command: "sleep", gone: false, ...more };
}

const SNAPSHOT: Snapshot = {
  watchers: [
    { name: "web", processes: [figures(12, { cpu: 5, user: "www" }), figures(11, { cpu: 9, command: "Node" })] },
    { name: "jobs", processes: [figures(21, { cpu: 20, age: 99 }), figures(22, { cpu: 20 })] },
    { name: "idle", processes: [] },
  ],
  sockets: [
    { fd: 3, subtopic: 3, address: "127.0.0.1:80", reads: 1 },
    { fd: 4, subtopic: 4, address: "/run/web.sock", reads: 7 },
  ],
};

const USUAL: Arrangement = { sort: { column: "cpu", reversed: false, watchersByName: false }, filter: "", isFolded: () => false };

function told(row: Row): string {
  switch (row.kind) {
    case "server":
      return `${row.figures.name}:`;
    case "watcher":
      return `${row.name} ${row.shown}/${row.sums.count}`;
    case "process":
      return String(row.figures.pid);
    case "sockets":
      return `sockets ${row.reads}`;
    case "socket":
      return row.socket.address;
  }
}

function arranged(more: Partial<Arrangement> = {}): string {
  return arrange(SNAPSHOT, { ...USUAL, ...more })
    .map(told)
    .join(", ");
}

test("watchers are sorted by their sums and their processes by their own figures, equals by name and pid", () => {
  assert.equal(arranged(), "jobs 2/2, 21, 22, web 2/2, 11, 12, idle 0/0, sockets 8, /run/web.sock, 127.0.0.1:80");
});

test("the reverse turns everything but the order of equals", () => {
  assert.equal(
    arranged({ sort: { ...USUAL.sort, reversed: true } }),
    "idle 0/0, web 2/2, 12, 11, jobs 2/2, 21, 22, sockets 8, 127.0.0.1:80, /run/web.sock",
  );
});

test("by name pids rise and addresses too, and the reverse turns them all", () => {
  const names = "idle 0/0, jobs 2/2, 21, 22, web 2/2, 11, 12, sockets 8, /run/web.sock, 127.0.0.1:80";
  assert.equal(arranged({ sort: { ...USUAL.sort, column: "name" } }), names);
  const [first] = arranged({ sort: { ...USUAL.sort, column: "name", reversed: true } }).split(",");
  assert.equal(first, "web 2/2");
});

test("a filter finds watchers, pids, commands, users and addresses in whatever case", () => {
  assert.equal(arranged({ filter: "WEB" }), "web 2/2, 11, 12, sockets 8, /run/web.sock");
  assert.equal(arranged({ filter: "node" }), "web 1/2, 11");
  assert.equal(arranged({ filter: "www" }), "web 1/2, 12");
  assert.equal(arranged({ filter: "22" }), "jobs 1/2, 22");
  assert.equal(arranged({ filter: "idle" }), "idle 0/0");
  assert.equal(arranged({ filter: "socket" }), "sockets 8, /run/web.sock, 127.0.0.1:80");
  assert.equal(arranged({ filter: "nothing" }), "");
});

test("a folded group shows its own line", () => {
  assert.equal(arranged({ isFolded: (group) => group !== "watcher jobs" }), "jobs 2/2, 21, 22, web 2/2, idle 0/0, sockets 8");
});

test("sums leave out who is gone, and the age is the highest", () => {
  const sums = sumsOf([figures(1, { cpu: 3, mem: 1, age: 5 }), figures(2, { cpu: 5, age: 9 }), figures(3, { cpu: 90, gone: true })]);
  assert.deepEqual([sums.count, sums.cpu, sums.average, sums.mem, sums.age], [2, 8, 4, 1, 9]);
  assert.equal(sumsOf([]).average, 0);
});

test("keys of rows are different, also where a pid is told of by two watchers", () => {
  const twice = { watchers: ["a", "b"].map((name) => ({ name, processes: [figures(1)] })), sockets: SNAPSHOT.sockets };
  const keys = arrange(twice, USUAL).map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length);
});

test("at first watchers keep their places by name, and their processes are sorted", () => {
  assert.equal(arranged({ sort: FIRST_SORT }), "idle 0/0, jobs 2/2, 21, 22, web 2/2, 11, 12, sockets 8, /run/web.sock, 127.0.0.1:80");
});

test("figures that read the same leave rows where they are", () => {
  const watchers = [{ name: "web", processes: [figures(1, { cpu: 0.01 }), figures(2, { cpu: 0.04 }), figures(3, { cpu: 0.06 })] }];
  assert.equal(arrange({ watchers, sockets: [] }, USUAL).map(told).join(" "), "web 3/3 3 1 2");
});

test("a column chosen again is turned round, another one begins in its natural order", () => {
  const cpu = chooseColumn(FIRST_SORT, "cpu");
  assert.deepEqual(cpu, { column: "cpu", reversed: false, watchersByName: false });
  assert.deepEqual(chooseColumn(cpu, "cpu"), { ...cpu, reversed: true });
  assert.deepEqual(chooseColumn({ ...cpu, reversed: true }, "age"), { ...cpu, column: "age" });
  const around = (by: 1 | -1): SortColumn => shiftColumn({ ...cpu, column: by === 1 ? "command" : "name", reversed: true }, by).column;
  assert.deepEqual([around(1), around(-1)], ["name", "command"]);
  assert.deepEqual([isRising(cpu), isRising({ ...cpu, column: "user" })], [false, true]);
});
