import assert from "node:assert/strict";
import test from "node:test";
import { CIRCUS_GROUP, parseMulticast } from "../../../src/core/multicast.js";

test("a multicast address is read as Circus writes it", () => {
  assert.deepEqual(parseMulticast(CIRCUS_GROUP), { host: "237.219.251.97", port: 12027 });
  assert.deepEqual(parseMulticast(" udp://224.0.0.1:1/ "), { host: "224.0.0.1", port: 1 });
});

for (const text of [
  "",
  "udp://",
  "tcp://237.1.1.1:5",
  "udp://127.0.0.1:12027",
  "udp://240.0.0.1:5",
  "udp://239.1.1.256:5",
  "udp://239.1.1.1",
  "udp://239.1.1.1:0",
  "udp://239.1.1.1:65536",
  "udp://host:5",
]) {
  test(`"${text}" is no multicast address`, () => {
    assert.equal(parseMulticast(text), null);
  });
}
