/** Pins what circusd/circuit exports: names at run time, types while this file compiles. */
import assert from "node:assert/strict";
import test from "node:test";
import * as circuit from "../../src/main/library/circuit.js";
import type { Anchor, CircuitClient, Element, ProcessStat } from "../../src/main/library/circuit.js";

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

test("circusd/circuit exports these values and no others", () => {
  assert.deepEqual(Object.keys(circuit).sort(), [
    "Anchor",
    "Channel",
    "CircuitClient",
    "CircuitError",
    "Container",
    "Nameserver",
    "Process",
    "ReceivedMessage",
    "Sender",
    "Server",
    "Subscription",
    "Watcher",
    "dial",
    "discover",
    "joinPath",
    "splitPath",
  ]);
});

test("an element is known by its kind", () => {
  const wait = async (element: Element | null) => (element?.kind === "process" ? element.wait() : null);
  const stat: Same<Awaited<ReturnType<typeof wait>>, ProcessStat | null> = true;
  const kinds: Same<Element["kind"], "server" | "process" | "container" | "channel" | "nameserver" | "@join" | "@leave" | "watcher"> = true;
  const made: Same<Awaited<ReturnType<Anchor["makeOnJoin"]>>["kind"], "@join"> = true;
  const located: Same<Awaited<ReturnType<CircuitClient["locate"]>>, Anchor> = true;
  assert.deepEqual([typeof wait, stat, kinds, made, located], ["function", true, true, true, true]);
});
