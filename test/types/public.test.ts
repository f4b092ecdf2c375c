/** Pins what the package exports: names at run time, types while this file compiles. */
import assert from "node:assert/strict";
import test from "node:test";
import * as circusd from "../../src/index.js";
import type { CircusClient, CircusEvent, OkReply } from "../../src/index.js";

/** Each type can stand for the other; `never` and unions are not taken apart. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

test("the package exports these values and no others", () => {
  assert.deepEqual(Object.keys(circusd).sort(), [
    "CallError",
    "CallTimeout",
    "CircusClient",
    "ERRNO",
    "Process",
    "Watcher",
    "getArbiter",
    "openMemory",
    "openZmq",
    "subscribe",
    "subscribeFigures",
  ]);
});

test("a call is typed by its command", () => {
  type Incr = Awaited<ReturnType<typeof incr>>;
  const incr = (client: CircusClient) => client.call("incr", { name: "web", nb: 2, waiting: true });
  const reply: Same<Incr["numprocesses"], number | undefined> = true;
  const count: Same<OkReply<"numwatchers">["numwatchers"], number> = true;
  assert.deepEqual([typeof incr, reply, count], ["function", true, true]);
});

test("an event's payload is typed by its name", () => {
  type Reap = Extract<CircusEvent, { event: "reap" }>;
  const exitCode: Same<Reap["payload"]["exit_code"], number | null> = true;
  assert.ok(exitCode);
});
