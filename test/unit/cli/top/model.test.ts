import assert from "node:assert/strict";
import test from "node:test";
import { Model } from "../../../../src/cli/top/model.js";
import { processFrame, socketFrame, watcherFrame } from "./frames.js";

function pidsOf(model: Model): readonly number[] {
  return model.snapshot().watchers.flatMap(({ processes }) => processes.map(({ pid }) => pid));
}

test("the model reads Circus's texts where there are no numbers", () => {
  const model = new Model(3);
  model.receive(processFrame("web", 7), 0);
  model.receive(processFrame("web", 8, { rss: 10, cpu_seconds: 0.5 }), 0);
  const [first, second] = model.snapshot().watchers[0]?.processes ?? [];
  assert.deepEqual([first?.rss, first?.time], [1.5 * 1024 ** 2, 62.05]);
  assert.deepEqual([second?.rss, second?.time], [10, 0.5]);
});

test("the model forgets who is not heard of while others are", () => {
  const model = new Model(3);
  model.receive(processFrame("web", 1), 0);
  model.receive(socketFrame(9, "127.0.0.1:80", 3), 0);
  for (let now = 0; now <= 3000; now += 1000) model.receive(processFrame("web", 2), now);
  assert.deepEqual(pidsOf(model), [1, 2]);
  model.receive(processFrame("web", 2), 4000);
  assert.deepEqual(pidsOf(model), [2]);
  assert.deepEqual(model.snapshot().sockets, []);
});

test("the model forgets a watcher with its last process, unless figures of the watcher still come", () => {
  const model = new Model(1);
  model.receive(processFrame("gone", 1), 0);
  model.receive(processFrame("idle", 2), 0);
  for (let now = 0; now <= 3000; now += 1000) model.receive(watcherFrame("idle", []), now);
  assert.deepEqual(model.snapshot().watchers, [{ name: "idle", processes: [] }]);
});

test("nobody is forgotten while nobody is heard of, nor by the first who is heard again", () => {
  const model = new Model(3);
  for (const pid of [1, 2, 3]) model.receive(processFrame("web", pid), 100);
  assert.equal(model.silence(60_100), 60_000);
  assert.deepEqual(pidsOf(model), [1, 2, 3]);
  model.receive(processFrame("web", 1), 60_100);
  assert.deepEqual(pidsOf(model), [1, 2, 3]);
  for (let round = 1; round <= 3; round += 1) model.receive(processFrame("web", 1), 60_100 + round * 1000);
  assert.deepEqual(pidsOf(model), [1]);
});

test("a process that its watcher no longer counts is gone, until it is heard of again", () => {
  const model = new Model(3);
  model.receive(processFrame("web", 1), 0);
  model.receive(processFrame("web", 2), 0);
  model.receive(watcherFrame("web", [2]), 0);
  const gone = (): readonly boolean[] => model.snapshot().watchers[0]?.processes.map((process) => process.gone) ?? [];
  assert.deepEqual(gone(), [true, false]);
  model.receive(processFrame("web", 1), 1);
  assert.deepEqual(gone(), [false, false]);
});

test("a watcher that flaps leaves nothing behind", () => {
  const model = new Model(3);
  for (let round = 0; round < 100; round += 1) {
    for (let nth = 0; nth < 50; nth += 1) model.receive(processFrame(`flap${round}`, round * 50 + nth), round * 1000);
    const { watchers } = model.snapshot();
    assert.ok(watchers.length <= 4);
    assert.ok(pidsOf(model).length <= 200);
  }
});

test("circusd's helpers stand below circus alone", () => {
  const model = new Model(3);
  model.receive(processFrame("circusd-stats", 5), 0);
  model.receive(processFrame("circus", 5, { name: "circusd-stats" }), 0);
  assert.deepEqual(
    model.snapshot().watchers.map(({ name }) => name),
    ["circus"],
  );
});

test("silence is unknown before the first frame", () => {
  assert.equal(new Model(3).silence(5), null);
});
