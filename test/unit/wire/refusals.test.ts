import assert from "node:assert/strict";
import test from "node:test";
import { Refusals } from "../../../src/wire/zmq/refusals.js";

class Scene {
  time = 0;
  readonly told: string[] = [];
  readonly refusals = new Refusals(
    (message) => this.told.push(message),
    () => this.time,
  );
}

test("a host is told of once a second, others besides", () => {
  const scene = new Scene();
  for (const [time, host] of [
    [0, "a"],
    [10, "a"],
    [20, "b"],
    [999, "a"],
    [1000, "a"],
    [1010, "b"],
    [1020, "b"],
  ] as const) {
    scene.time = time;
    scene.refusals.tell(host, `${time} ${host}`);
  }
  assert.deepEqual(scene.told, ["0 a", "20 b", "1000 a", "1020 b"]);
});

test("of very many hosts the oldest is forgotten", () => {
  const scene = new Scene();
  for (let host = 0; host <= 1000; host += 1) scene.refusals.tell(`${host}`, "");
  assert.equal(scene.told.length, 1001);
  scene.refusals.tell("1", "");
  assert.equal(scene.told.length, 1001);
  scene.refusals.tell("0", "");
  assert.equal(scene.told.length, 1002);
});
