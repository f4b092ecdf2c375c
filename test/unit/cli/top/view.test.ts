import assert from "node:assert/strict";
import test from "node:test";
import type { Row } from "../../../../src/cli/top/rows.js";
import { FIRST_VIEW, isFolded, press, scroll, select, settle, type Body, type View } from "../../../../src/cli/top/view.js";

/** Two groups, `a` with pids 1 to 9 and `b` with 10 to 19; the groups' lines come before them. */
function body(height = 5, order: "up" | "down" = "up"): Body {
  const row = (key: string, group: string): Row => ({
    ...{ key, group, kind: "socket" },
    socket: { fd: 0, subtopic: 0, reads: 0, address: key },
  });
  const members = (group: string, from: number): readonly Row[] => Array.from({ length: 9 }, (_, n) => row(String(from + n), group));
  const rows = [row("a", "a"), ...members("a", 1), row("b", "b"), ...members("b", 11)];
  return { height, rows: order === "up" ? rows : [...rows].reverse() };
}

function after(keys: readonly string[], from: View = FIRST_VIEW, on = body()): View {
  return keys.reduce((view, name) => settle(press(view, { name, text: name.length === 1 ? name : "" }, on).view, on), from);
}

function typed(text: string, from: View): View {
  return Array.from(text).reduce((view, letter) => press(view, { name: letter, text: letter }, body()).view, from);
}

test("the selected row stays selected when it moves", () => {
  const view = after(["down", "down"]);
  assert.deepEqual([view.selected, view.index], ["2", 2]);
  assert.deepEqual([settle(view, body(5, "down")).selected, settle(view, body(5, "down")).index], ["2", 17]);
});

test("the first row is a place: whoever comes there is selected", () => {
  assert.equal(settle(FIRST_VIEW, body(5, "down")).index, 0);
  assert.equal(after(["down", "up"]).selected, null);
  assert.equal(after(["end", "home"]).selected, null);
});

test("when the selected row vanishes the one in its place is selected", () => {
  const view = after(["down", "down", "down"]);
  const { rows, height } = body();
  const fewer = { height, rows: rows.filter(({ key }) => key !== "3") };
  assert.deepEqual([settle(view, fewer).selected, settle(view, fewer).index], ["4", 3]);
  assert.deepEqual([settle(view, { height, rows: rows.slice(0, 2) }).selected], ["1"]);
  assert.equal(settle(view, { height, rows: [] }).index, 0);
});

test("what is selected is on the screen, and the screen is full", () => {
  assert.equal(after(["end"]).offset, 15);
  assert.deepEqual([after(["pagedown"]).index, after(["pagedown"]).offset], [4, 4]);
  assert.deepEqual([after(["pagedown", "pageup"]).index, after(["pagedown", "pageup"]).offset], [0, 0]);
  assert.equal(settle(after(["end"]), body(100)).offset, 0);
  assert.equal(settle(FIRST_VIEW, body(0)).offset, 0);
  assert.equal(scroll(FIRST_VIEW, 1000, body()).offset, 15);
  assert.equal(select(FIRST_VIEW, -4, body()).index, 0);
});

test("folding a process's group selects the group", () => {
  const view = after(["down", "down", "space"]);
  assert.equal(view.selected, "a");
  assert.ok(isFolded(view, "a") && !isFolded(view, "b"));
  assert.ok(!isFolded(after(["space"], view), "a"));
});

test("all are folded and single ones opened again, whatever was before", () => {
  const all = after(["left", "-"]);
  assert.ok(isFolded(all, "a") && isFolded(all, "b"));
  const one = after(["right"], all);
  assert.ok(!isFolded(one, "a") && isFolded(one, "b"));
  assert.ok(!isFolded(after(["+"], one), "b"));
  assert.equal(after(["end", "-"]).selected, "b");
});

test("while a filter is typed letters are letters", () => {
  const view = typed("q?r -/", after(["/"]));
  assert.deepEqual([view.filter, view.typing], ["q?r -/", true]);
  assert.equal(after(["backspace"], view).filter, "q?r -");
  assert.equal(after(["C-u"], view).filter, "");
  assert.deepEqual([after(["enter"], view).filter, after(["enter"], view).typing], ["q?r -/", false]);
  assert.deepEqual([after(["escape"], view).filter, after(["escape"], view).typing], ["", false]);
  assert.equal(after(["enter", "escape"], view).filter, "");
  assert.equal(after(["backspace"], after(["/"])).typing, false);
  assert.equal(after(["down"], view).index, 1);
  assert.equal(typed("中\u001b\u0007", after(["/"])).filter, "中");
  assert.equal(typed("x".repeat(500), after(["/"])).filter.length, 100);
});

test("q quits, but not out of the help or a filter; Ctrl-C always does", () => {
  const effect = (view: View, name: string): string => press(view, { name, text: name }, body()).effect;
  assert.equal(effect(FIRST_VIEW, "q"), "quit");
  assert.equal(effect(after(["?"]), "q"), "none");
  assert.equal(effect(after(["/"]), "q"), "none");
  for (const view of [FIRST_VIEW, after(["?"]), after(["/"])]) assert.equal(effect(view, "C-c"), "quit");
  assert.equal(after(["?", "x"]).help, false);
  assert.deepEqual([effect(FIRST_VIEW, "C-z"), effect(FIRST_VIEW, "C-l")], ["suspend", "redraw"]);
});

test("letters and signs choose the order", () => {
  const chosen = (...keys: readonly string[]): readonly [string, boolean] => [after(keys).sort.column, after(keys).sort.reversed];
  assert.deepEqual(chosen("S-m"), ["mem", false]);
  assert.deepEqual(chosen("S-m", "S-m"), ["mem", true]);
  assert.deepEqual(chosen("S-m", "r", ">"), ["rss", false]);
  assert.deepEqual(chosen("S-m", "<"), ["cpu", false]);
  assert.deepEqual(chosen("r"), ["cpu", true]);
});
