import assert from "node:assert/strict";
import test from "node:test";
import { MOST_LINES, readClientMessage } from "../../../src/web/feed/message.js";
import { FULL, Outbox, type Channel } from "../../../src/web/feed/outbox.js";
import type { Told } from "../../../src/web/view/audience.js";

const READ: readonly (readonly [given: unknown, expected: unknown])[] = [
  [
    { type: "open", daemon: "local" },
    { type: "open", daemon: "local" },
  ],
  [
    { type: "look", name: "web" },
    { type: "look", name: "web" },
  ],
  [
    { type: "look", name: null },
    { type: "look", name: null },
  ],
  [
    { type: "follow", id: 1, name: "web", lines: 10, pid: 7, stream: "stderr", more: 1 },
    { type: "follow", id: 1, name: "web", lines: 10, pid: 7, stream: "stderr" },
  ],
  [
    { type: "follow", id: 0, name: "web", lines: 0 },
    { type: "follow", id: 0, name: "web", lines: 0 },
  ],
  [
    { type: "unfollow", id: 1 },
    { type: "unfollow", id: 1 },
  ],
  [{ type: "open" }, null],
  [{ type: "open", daemon: 1 }, null],
  [{ type: "look" }, null],
  [{ type: "follow", id: "1", name: "web", lines: 1 }, null],
  [{ type: "follow", id: 1, name: null, lines: 1 }, null],
  [{ type: "follow", id: 1, name: "web", lines: -1 }, null],
  [{ type: "follow", id: 1, name: "web", lines: MOST_LINES + 1 }, null],
  [{ type: "follow", id: 1, name: "web", lines: 1.5 }, null],
  [{ type: "follow", id: 1, name: "web", lines: 1, pid: "7" }, null],
  [{ type: "follow", id: 1, name: "web", lines: 1, stream: "stdin" }, null],
  [{ type: "unfollow" }, null],
  [{ type: "quit" }, null],
  [{}, null],
  [[], null],
  [null, null],
  ["open", null],
];

test("readClientMessage() reads what pages send and refuses everything else with a reason", () => {
  for (const [given, expected] of READ) {
    const read = readClientMessage(JSON.stringify(given));
    if (expected === null) assert.ok(!read.ok && read.failure.length > 3 && read.failure.length < 90, JSON.stringify(given));
    else assert.deepEqual(read, { ok: true, value: expected });
  }
  assert.deepEqual(readClientMessage("{"), { ok: false, failure: "not JSON" });
});

/** A socket whose peer reads when it is told to. */
class SlowSocket implements Channel {
  readonly sent: string[] = [];
  readonly #waiting: (() => void)[] = [];
  bufferedAmount = 0;

  send(text: string, sent: () => void): void {
    this.sent.push(text);
    this.bufferedAmount += text.length;
    this.#waiting.push(() => {
      this.bufferedAmount -= text.length;
      sent();
    });
  }

  read(): void {
    for (const done of this.#waiting.splice(0)) done();
  }
}

const told = (type: Told["type"], text: string): Told => ({ type, name: null, text });

function slow(): { readonly socket: SlowSocket; readonly outbox: Outbox; readonly clock: { now: number } } {
  const socket = new SlowSocket();
  const clock = { now: 0 };
  return {
    socket,
    clock,
    outbox: new Outbox({ channel: socket, now: () => clock.now, anew: () => [told("daemon", "up"), told("state", "anew")] }),
  };
}

test("an outbox passes everything on while the page reads", () => {
  const { socket, outbox } = slow();
  outbox.put(told("figures", "1"));
  outbox.put(told("event", "2"));
  outbox.send("3");
  assert.deepEqual(socket.sent, ["1", "2", "3"]);
  assert.equal(outbox.stuck, 0);
});

test("an outbox does not grow while the page does not read, and tells how things stand once it does", async () => {
  const { socket, outbox, clock } = slow();
  outbox.send("x".repeat(FULL + 1));
  for (let index = 0; index < 10_000; index += 1) outbox.put(told("event", "lost"));
  clock.now = 5_000;
  assert.equal(outbox.stuck, 5_000);
  assert.equal(socket.sent.length, 1);
  const room = outbox.room(new AbortController().signal);
  socket.read();
  await room;
  assert.deepEqual(socket.sent.slice(1), ["up", "anew"]);
  assert.equal(outbox.stuck, 0);
});

test("an outbox that left out figures alone waits for the next", () => {
  const { socket, outbox } = slow();
  outbox.send("x".repeat(FULL + 1));
  outbox.put(told("figures", "1"));
  outbox.put(told("processes", "2"));
  socket.read();
  outbox.put(told("figures", "3"));
  assert.deepEqual(socket.sent.slice(1), ["3"]);
});

test("who waits for room in an outbox may give up", async () => {
  const { outbox } = slow();
  await outbox.room(new AbortController().signal);
  outbox.send("x".repeat(FULL + 1));
  const controller = new AbortController();
  const room = outbox.room(controller.signal);
  controller.abort();
  await room;
  await outbox.room(controller.signal);
});
