import assert from "node:assert/strict";
import test from "node:test";
import { placeColumns } from "../../../../src/cli/top/columns.js";
import { bodyHeight, layOut, placeAt, type Connection, type Scene } from "../../../../src/cli/top/layout.js";
import type { Line } from "../../../../src/cli/top/lines.js";
import { Model } from "../../../../src/cli/top/model.js";
import { arrange } from "../../../../src/cli/top/rows.js";
import { columnsOf, UNICODE_SIGNS } from "../../../../src/cli/top/text.js";
import { FIRST_VIEW, settle, type View } from "../../../../src/cli/top/view.js";
import { processFrame, socketFrame, watcherFrame } from "./frames.js";

function sceneOf(
  width: number,
  height: number,
  { connection = { kind: "live" }, ...more }: { connection?: Connection } & Partial<View> = {},
): Scene {
  const model = new Model(3);
  for (let pid = 1; pid <= 40; pid += 1) model.receive(processFrame("web", pid, { cpu: pid }), 0);
  model.receive(
    watcherFrame(
      "web",
      Array.from({ length: 39 }, (_, n) => n + 1),
    ),
    0,
  );
  model.receive(processFrame("中文 with a long name", 99, { cpu: 0, cmdline: "a very long command ".repeat(20) }), 0);
  model.receive(socketFrame(3, "127.0.0.1:8080", 12345), 0);
  const snapshot = model.snapshot();
  const rows = arrange(snapshot, { sort: FIRST_VIEW.sort, filter: more.filter ?? "", isFolded: () => false });
  const size = { width, height };
  const view = settle({ ...FIRST_VIEW, ...more }, { rows, height: bodyHeight(size) });
  return { snapshot, rows, view, connection, endpoint: "tcp://127.0.0.1:5557", size, signs: UNICODE_SIGNS };
}

function textOf({ spans }: Line): string {
  return spans.map(({ text }) => text).join("");
}

test("at every size there are as many lines as the terminal has, and none is wider", () => {
  const views: readonly (Partial<View> & { connection?: Connection })[] = [
    {},
    { help: true },
    { typing: true, filter: "中".repeat(40) },
    { filter: "nothing at all has this in it" },
    { connection: { kind: "waiting" } },
    { connection: { kind: "silent", seconds: 5 } },
  ];
  for (const view of views) {
    for (const [width, height] of [...[1, 2, 3, 5, 8, 13, 20, 39, 40, 60, 80, 81, 120, 200, 500].entries()].map(
      ([n, w]) => [w, n + 1] as const,
    )) {
      const lines = layOut(sceneOf(width, height, view));
      assert.equal(lines.length, height);
      // Sentences that the program says itself may be cut by the screen.
      if (view.help !== true && view.filter === undefined) {
        for (const line of lines.slice(0, -1)) assert.ok(columnsOf(textOf(line)) <= width, `${width}×${height}: ${textOf(line)}`);
      }
    }
  }
});

test("columns are left out where there is no room, the name and the CPU last", () => {
  const ids = (width: number): string =>
    placeColumns(width)
      .map(({ id }) => id)
      .join(" ");
  assert.equal(ids(80), "name cpu mem rss time age user command");
  assert.equal(ids(72), "name cpu mem rss time age command");
  assert.equal(ids(40), "name cpu mem age");
  assert.equal(ids(20), "name cpu");
  assert.equal(ids(6), "name");
  for (let width = 1; width <= 300; width += 1) {
    const last = placeColumns(width).at(-1);
    assert.ok((last?.from ?? 0) + (last?.width ?? 0) <= width, String(width));
  }
});

test("the selected line is selected from end to end", () => {
  const line = layOut(sceneOf(80, 24))[3];
  assert.ok(line?.look === "selected" && line.spans.every(({ look }) => look === "selected"));
});

test("who is gone, and everybody while nobody sends, is drawn dim", () => {
  const isDim = ({ spans }: Line): boolean => spans.every(({ look }) => look === "dim");
  const lines = layOut(sceneOf(80, 60));
  assert.deepEqual(
    lines.filter(isDim).flatMap((line) => /^ {4}(\d+)/.exec(textOf(line))?.[1] ?? []),
    ["40"],
  );
  const silent = layOut(sceneOf(80, 60, { connection: { kind: "silent", seconds: 7 } }));
  assert.ok(silent.slice(4, -10).every(isDim));
  assert.match(silent.map(textOf)[1] ?? "", /No figures for 7 s: waiting for circusd to come back/);
});

test("a place on the screen is a title, a row, or nothing", () => {
  const scene = sceneOf(80, 24, { offset: 7, selected: "process 30 of web" });
  assert.deepEqual(placeAt(0, 2, scene), { kind: "column", column: "name" });
  assert.deepEqual(placeAt(24, 2, scene), { kind: "column", column: "cpu" });
  assert.deepEqual(placeAt(79, 2, scene), { kind: "column", column: "command" });
  assert.deepEqual(placeAt(5, 3, scene), { kind: "row", index: scene.view.offset });
  assert.equal(placeAt(5, 0, scene), null);
  assert.equal(placeAt(5, 23, scene), null);
  assert.equal(placeAt(5, 5, { ...scene, view: { ...scene.view, help: true } }), null);
  assert.equal(placeAt(5, 20, { ...scene, rows: scene.rows.slice(0, 2), view: { ...scene.view, offset: 0 } }), null);
});

test("a small terminal tells in its first line that figures are awaited", () => {
  const [title = { spans: [], look: "plain" }] = layOut(sceneOf(60, 5, { connection: { kind: "waiting" } }));
  assert.match(textOf(title), /^ Waiting for figures from tcp:/);
});
