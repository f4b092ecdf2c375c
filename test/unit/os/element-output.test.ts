import assert from "node:assert/strict";
import test from "node:test";
import { PipeOutput } from "../../../src/os/element-output.js";
import { VirtualClock } from "../../helpers/virtual-clock.js";

class Pipe {
  isRead = true;
  readonly polls: number[] = [];
  pause = (): void => void (this.isRead = false);
  resume = (): void => void (this.isRead = true);
  poll = (limit: number): void => void this.polls.push(limit);
}

function setUp(): { readonly pipe: Pipe; readonly clock: VirtualClock; readonly output: PipeOutput } {
  const pipe = new Pipe();
  const clock = new VirtualClock();
  return { pipe, clock, output: new PipeOutput(pipe, clock) };
}

test("a pipe that rests is read again after a moment, and looked into meanwhile", async () => {
  const { pipe, clock, output } = setUp();
  output.rest();
  output.rest();
  assert.equal(pipe.isRead, false);
  output.poll(7);
  assert.deepEqual(pipe.polls, [7]);
  await clock.advance(1);
  assert.equal(pipe.isRead, true);
  assert.equal(clock.armed, 0);
});

test("a pipe that rests and is paused is read when both are over", async () => {
  const { pipe, clock, output } = setUp();
  output.rest();
  output.pause();
  await clock.advance(1);
  assert.equal(pipe.isRead, false);
  output.rest();
  output.resume();
  assert.equal(pipe.isRead, false);
  await clock.advance(1);
  assert.equal(pipe.isRead, true);
});

test("a pipe that has ended leaves no timer", () => {
  const { clock, output } = setUp();
  output.rest();
  output.ended();
  assert.equal(clock.armed, 0);
});
