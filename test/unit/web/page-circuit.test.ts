import assert from "node:assert/strict";
import test from "node:test";
import { readMembers, readWatchers } from "../../../src/web/page/model/circuit.js";
import { readRoute, writeRoute } from "../../../src/web/page/model/route.js";

test("the server of the page stands first, then the others by name, whatever the reply lacks", () => {
  const members = [
    { id: "X3", name: "web10", labels: { role: "web" }, version: "1", state: "slow", circusd: true, self: false, address: "circuit://a" },
    { id: "X2", name: "web9", state: "lost", labels: null },
    { id: "X1", name: "zulu", self: true, circusd: true, state: "alive" },
  ];
  const read = readMembers({ status: "ok", members });
  assert.deepEqual(
    read.map(({ name, state, circusd, labels }) => [name, state, circusd, labels]),
    [
      ["zulu", "alive", true, {}],
      ["web9", "lost", false, {}],
      ["web10", "slow", true, { role: "web" }],
    ],
  );
  for (const odd of [null, "x", { members: "x" }, {}]) assert.deepEqual(readMembers(odd), []);
});

test("watchers have the sums of their processes, without those that have just ended", () => {
  const statuses = { statuses: { "My App": "active", off: "stopped", odd: "confused" } };
  const stats = {
    infos: { "my app": { 1: { cpu: 1.5, rss: 100 }, 2: { cpu: 2, rss: 50 }, 3: "No such process (stopped?)", 4: { cpu: "N/A" } } },
  };
  assert.deepEqual(readWatchers(statuses, stats), [
    { name: "My App", status: "active", processes: 3, cpu: 3.5, memory: 150 },
    { name: "off", status: "stopped", processes: 0, cpu: 0, memory: 0 },
  ]);
  assert.deepEqual(readWatchers(null, null), []);
});

test("the circuit has a place of its own", () => {
  const route = { place: { page: "circuit" }, daemon: null } as const;
  assert.equal(writeRoute(route), "/circuit");
  assert.deepEqual(readRoute("/circuit", ""), route);
  assert.equal(readRoute("/circuit/x", "").place.page, "nowhere");
});
