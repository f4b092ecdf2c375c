import assert from "node:assert/strict";
import test from "node:test";
import { BlockPool } from "../../../../src/os/streams/backlog.js";
import { Pump, type Target } from "../../../../src/os/streams/pump.js";
import { type Account, BACKLOG_LIMIT, HIGH_WATER, STALL_LIMIT } from "../../../../src/os/streams/sink.js";
import { type MemoryLog, memoryLog, settle, type StillClock, stillClock } from "./kit.js";

/** A place whose every write waits for the test's word. */
class Puppet implements Target {
  readonly written: Buffer[] = [];
  answer: "take" | "wait" | Error | number = "take";
  #waiting: (() => void) | null = null;
  closed = false;

  async write(bytes: Buffer): Promise<number> {
    if (this.answer === "wait") await new Promise<void>((resolve) => (this.#waiting = resolve));
    if (this.answer instanceof Error) throw this.answer;
    const count = typeof this.answer === "number" ? Math.min(this.answer, bytes.length) : bytes.length;
    this.written.push(Buffer.from(bytes.subarray(0, count)));
    return count;
  }

  go(answer: "take" | Error): void {
    this.answer = answer;
    this.#waiting?.();
  }

  reopen(): void {
    this.answer = "take";
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  text(): string {
    return Buffer.concat(this.written).toString();
  }
}

interface Rig {
  readonly puppet: Puppet;
  readonly pump: Pump;
  readonly clock: StillClock;
  readonly log: MemoryLog;
  readonly account: Account;
  readonly flow: string[];
}

function rig(): Rig {
  const [puppet, clock, log] = [new Puppet(), stillClock(), memoryLog()];
  const pump = new Pump(puppet, { log, clock, pool: new BlockPool(), label: '"/x"' });
  const flow: string[] = [];
  pump.subscribe({ pause: () => flow.push("pause"), resume: () => flow.push("resume") });
  return { puppet, pump, clock, log, account: { dropped: 0 }, flow };
}

const MIB = 1024 * 1024;
/** 1 MiB in lines of 16 bytes. */
const MEGABYTE = Buffer.from("0123456789abcde\n".repeat(MIB / 16));
const FULL = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });

const NO_READER = Object.assign(new Error("EPIPE: broken pipe, write"), { code: "EPIPE" });

async function pass(clock: StillClock, milliseconds: number): Promise<void> {
  clock.pass(milliseconds);
  await settle();
}

test("Pump gathers small pieces into one write", async () => {
  const { puppet, pump, clock, account } = rig();
  for (const line of ["one\n", "two\n", "three\n"]) pump.push(Buffer.from(line), account);
  await pass(clock, 10);
  assert.deepEqual(puppet.written.map(String), ["one\ntwo\nthree\n"]);
});

test("Pump pauses its sources while the place is slow and resumes them when it has caught up", async () => {
  const { puppet, pump, account, flow } = rig();
  puppet.answer = "wait";
  for (let pushed = 0; pushed <= HIGH_WATER; pushed += MIB) pump.push(MEGABYTE, account);
  assert.deepEqual(flow, ["pause"]);
  await settle();
  puppet.go("take");
  await pump.settled();
  assert.deepEqual(flow, ["pause", "resume"]);
  assert.equal(account.dropped, 0);
});

test("Pump keeps the oldest lines of a failing place, drops whole lines, and tells both ends once", async () => {
  const { puppet, pump, clock, log, account, flow } = rig();
  puppet.answer = FULL;
  for (let pushed = 0; pushed < 20; pushed++) {
    pump.push(MEGABYTE, account);
    await pass(clock, 100);
  }
  assert.deepEqual(flow, []);
  assert.equal(account.dropped, 4 * MIB);
  assert.equal(log.lines.length, 1);
  assert.match(log.lines[0] ?? "", /^error: Cannot write "\/x": no space left on device \(ENOSPC\); it is tried again/);
  puppet.answer = "take";
  await pass(clock, 1_000);
  pump.push(Buffer.from("after\n"), account);
  await pass(clock, 10);
  assert.equal(log.lines[1], `warning: Writing again "/x": ${4 * MIB} bytes were dropped`);
  assert.equal(log.lines.length, 2);
  const text = puppet.text();
  assert.equal(text.length, BACKLOG_LIMIT + "after\n".length);
  assert.ok(text.endsWith("cde\nafter\n"));
});

test("Pump drops the rest of a line whose beginning it dropped", async () => {
  const { puppet, pump, clock, account } = rig();
  puppet.answer = FULL;
  pump.push(MEGABYTE, account);
  await pass(clock, 100);
  for (let pushed = 1; pushed < 16; pushed++) pump.push(MEGABYTE, account);
  pump.push(Buffer.from("torn "), account);
  puppet.answer = "take";
  await pass(clock, 1_000);
  pump.push(Buffer.from("line\nwhole\n"), account);
  await pass(clock, 10);
  assert.ok(puppet.text().endsWith("cde\nwhole\n"));
  assert.equal(account.dropped, "torn line\n".length);
});

test("Pump finishes the line that it keeps the beginning of", async () => {
  const { puppet, pump, clock, account } = rig();
  puppet.answer = FULL;
  pump.push(Buffer.from("x\n"), account);
  await pass(clock, 100);
  for (let pushed = 1; pushed < 16; pushed++) pump.push(MEGABYTE, account);
  pump.push(MEGABYTE.subarray(0, MIB - 6), account);
  pump.push(Buffer.from("12345\nlost\n"), account);
  puppet.answer = "take";
  await pass(clock, 1_000);
  await pump.settled();
  assert.ok(puppet.text().endsWith("12345\n"));
  assert.equal(account.dropped, "lost\n".length);
});

test("Pump counts a write that never returns as failed, so that the workers go on", async () => {
  const { puppet, pump, clock, log, account, flow } = rig();
  puppet.answer = "wait";
  for (let pushed = 0; pushed <= HIGH_WATER; pushed += MIB) pump.push(MEGABYTE, account);
  await pass(clock, STALL_LIMIT);
  assert.deepEqual(flow, ["pause", "resume"]);
  for (let pushed = 0; pushed < 20; pushed++) pump.push(MEGABYTE, account);
  assert.ok(account.dropped > 0);
  assert.match(log.lines[0] ?? "", /nothing was taken for 30 s/);
  puppet.go("take");
  await pump.settled();
  assert.match(log.lines[1] ?? "", /Writing again/);
});

test("Pump looks again soon when the place takes nothing for now, and reports nothing", async () => {
  const { puppet, pump, clock, log, account } = rig();
  puppet.answer = 0;
  pump.push(Buffer.from("one\n"), account);
  await pass(clock, 10);
  puppet.answer = 2;
  for (let turn = 0; turn < 10; turn++) await pass(clock, 10);
  assert.equal(puppet.text(), "one\n");
  assert.deepEqual(log.lines, []);
});

test("Pump drops and counts what is left when it is closed, and leaves no timer", async () => {
  const { puppet, pump, clock, account } = rig();
  puppet.answer = FULL;
  pump.push(Buffer.from("one\n"), account);
  await pass(clock, 10);
  const closed = pump.close(account);
  await settle();
  clock.pass(1_000);
  await closed;
  assert.equal(account.dropped, 4);
  assert.equal(puppet.closed, true);
  assert.equal(clock.armed, 0);
});

test("Pump lets nobody wait for a pipe that has no reader", async () => {
  const { puppet, pump, clock, account } = rig();
  puppet.answer = "wait";
  pump.push(Buffer.from("one\n"), account);
  const before = pump.settled();
  puppet.go(NO_READER);
  await before;
  pump.push(Buffer.from("two\n"), account);
  await pump.settled();
  assert.equal(account.dropped, 0);
  void pump.close(account);
  assert.equal(account.dropped, 8);
  await pass(clock, 1_000);
  assert.equal(clock.armed, 0);
});

test("Pump finds out at once that a pipe has a reader again when somebody waits for that", async () => {
  const { puppet, pump, clock, account } = rig();
  puppet.answer = NO_READER;
  pump.push(Buffer.from("one\n"), account);
  await pass(clock, 10);
  puppet.answer = "take";
  await pump.settled();
  assert.equal(puppet.text(), "one\n");
});

test("Pump waits for a full disk to have space again", async () => {
  const { puppet, pump, clock, account } = rig();
  puppet.answer = FULL;
  pump.push(Buffer.from("one\n"), account);
  let settled = false;
  void pump.settled().then(() => (settled = true));
  await pass(clock, 10);
  assert.equal(settled, false);
  puppet.answer = "take";
  await pass(clock, 1_000);
  assert.equal(settled, true);
});
