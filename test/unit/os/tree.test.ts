import assert from "node:assert/strict";
import test from "node:test";
import type { Pid } from "../../../src/core/ports.js";
import { fail, succeed, type Result } from "../../../src/core/result.js";
import { loadNative, type ErrnoName } from "../../../src/os/native.js";
import { ProcTable, type ProcStat } from "../../../src/os/proc-table.js";
import { ProcessTree } from "../../../src/os/tree.js";

const LEADER = 1000;

function stat(pid: Pid, session: Pid): ProcStat {
  const rest = { state: "S", parent: LEADER, userTicks: 0, systemTicks: 0, nice: 0, start: 1, virtual: 0, residentPages: 0 };
  return { ...rest, pid, group: session, session };
}

/** A table of processes in memory. */
class Table extends ProcTable {
  readonly living = new Map<Pid, ProcStat>();
  asked = 0;

  override stat(pid: Pid): ProcStat | null {
    this.asked++;
    return this.living.get(pid) ?? null;
  }

  override children(): readonly Pid[] {
    return [];
  }
}

function plant(): { readonly table: Table; readonly tree: ProcessTree; readonly sent: Pid[] } {
  const table = new Table();
  const sent: Pid[] = [];
  const kill = (pid: Pid, signal: number): Result<void, ErrnoName> => {
    if (signal !== 0) sent.push(pid);
    return pid < 0 || table.living.has(pid) ? succeed(undefined) : fail("ESRCH");
  };
  const native = { ...loadNative(), kill };
  return { table, tree: new ProcessTree(LEADER, { native, table, adopts: true, orphans: () => [] }), sent };
}

test("a tree forgets the dead while its leader lives, and keeps the living", () => {
  const { table, tree } = plant();
  const kept = stat(5, LEADER);
  table.living.set(5, kept);
  const seen = Array.from({ length: 1000 }, (_, index) => stat(2000 + index, 2000 + index));
  for (const each of seen) {
    table.living.set(each.pid, each);
    tree.remember([kept, each]);
    table.living.delete(each.pid);
  }
  assert.ok(seen.filter((each) => tree.includes(each)).length < 100);
  assert.ok(table.asked < 3000, "looking for the dead is no work of every look");
  assert.deepEqual(tree.signal(15).reached, [LEADER, 5]);
});

test("the group of a dead leader gets a signal only while a member of it is known", () => {
  const { table, tree, sent } = plant();
  const [member, stranger] = [stat(5, LEADER), stat(6, 6)];
  for (const each of [member, stranger]) table.living.set(each.pid, each);
  tree.remember([member, stranger]);
  tree.leaderDied();
  assert.deepEqual(tree.signal(15).reached, [5, 6]);
  assert.deepEqual(sent.splice(0), [-LEADER, 6]);
  table.living.delete(5);
  assert.deepEqual(tree.signal(15).reached, [6]);
  assert.deepEqual(sent, [6]);
});
