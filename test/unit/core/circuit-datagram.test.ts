import assert from "node:assert/strict";
import test from "node:test";
import { decodeDatagram, encodeDatagram, isLocalAddress, signable, type Datagram } from "../../../src/core/circuit/datagram.js";

const announcement = { address: "circuit://10.0.0.1:11022/7/Q0123456789abcdef", worker: "Q0123456789abcdef" };

test("a datagram is read as it was written, with its signature and without", () => {
  const datagrams: readonly Datagram[] = [
    { kind: "announcement", announcement },
    { kind: "question", nonce: "abc" },
  ];
  for (const datagram of datagrams) {
    for (const mac of [null, "00ff"]) assert.deepEqual(decodeDatagram(encodeDatagram({ datagram, mac })), { datagram, mac });
  }
  assert.equal(new Set(datagrams.map(signable)).size, 2);
});

const strange: readonly (readonly [what: string, value: unknown])[] = [
  ["nothing", undefined],
  ["a number", 7],
  ["Circuit's own datagram", { Key: 1, Payload: "e30=" }],
  ["another version", { circuit: 2, ...announcement }],
  ["no worker", { circuit: 1, address: announcement.address }],
  ["a worker that is none", { circuit: 1, ...announcement, worker: "X" }],
  ["an address of another kind", { circuit: 1, ...announcement, address: "tcp://10.0.0.1:1" }],
  ["an address that would write to a terminal", { circuit: 1, ...announcement, address: "circuit://\u001b[2J:1" }],
  ["a question that is no text", { circuit: 1, question: 1 }],
];

for (const [what, value] of strange) {
  test(`${what} is no datagram`, () => assert.equal(decodeDatagram(value === undefined ? "" : JSON.stringify(value)), null));
}

test("an address of the own host is told from others", () => {
  for (const host of ["127.0.0.1", "127.9.9.9", "localhost", "[::1]"]) assert.equal(isLocalAddress(`circuit://${host}:1/2/Q`), true, host);
  for (const host of ["10.0.0.1", "127.0.0.1.example.org", "[::2]"]) assert.equal(isLocalAddress(`circuit://${host}:1/2/Q`), false, host);
});
