import assert from "node:assert/strict";
import { test } from "node:test";
import { Fifo } from "../../../src/core/fifo.js";

test("a queue gives what was put into it in order", () => {
  const fifo = new Fifo<string>();
  for (const word of ["a", "b", "c"]) fifo.push(word);
  assert.deepEqual([fifo.first, fifo.size], ["a", 3]);
  assert.deepEqual([fifo.shift(), fifo.shift(), fifo.shift(), fifo.shift()], ["a", "b", "c", null]);
  assert.deepEqual([fifo.first, fifo.size], [null, 0]);
});

test("a queue lets go of what stands at its head, in its middle and at its end, once each", () => {
  const fifo = new Fifo<number>();
  const places = [1, 2, 3, 4, 5].map((number) => fifo.push(number));
  for (const at of [0, 2, 4, 2]) {
    const place = places[at];
    if (place !== undefined) fifo.remove(place);
  }
  assert.equal(fifo.size, 2);
  fifo.push(6);
  assert.deepEqual([...fifo.drain()], [2, 4, 6]);
});

test("whoever empties a queue gets what is added meanwhile too, and may stop", () => {
  const fifo = new Fifo<number>();
  fifo.push(1);
  const taken: number[] = [];
  for (const number of fifo.drain()) {
    taken.push(number);
    if (number === 3) break;
    fifo.push(number + 1);
    fifo.push(number + 10);
  }
  assert.deepEqual([taken, fifo.size], [[1, 2, 11, 3], 3]);
});
