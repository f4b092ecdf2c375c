import assert from "node:assert/strict";
import test from "node:test";
import type { Member } from "../../../../src/core/circuit/member.js";
import { memberOf, tagsOf } from "../../../../src/cluster/serf/tags.js";

const MEMBER: Member = {
  id: "X0123456789abcdef",
  worker: "Q0123456789abcdef",
  address: "circuit://10.0.0.1:11022/4711/Q0123456789abcdef",
  name: "höst",
  labels: { role: "web", zone: "eu=1" },
  version: "1.2.3",
  started: 1_700_000_000.125,
  revision: 7,
  circusd: true,
};

test("a member is the same when it comes out of its tags", () => {
  for (const member of [MEMBER, { ...MEMBER, address: "circuit://[::1]:11022", labels: {}, circusd: false }]) {
    const tags = tagsOf(member);
    assert.ok(tags.ok);
    assert.deepEqual(memberOf(member.worker, tags.value), member);
  }
});

test("tags that are too long for serf are refused with by how much, and what can be done", () => {
  const labels = { long: "x".repeat(250), longer: "y".repeat(250) };
  const tags = tagsOf({ ...MEMBER, labels });
  assert.ok(!tags.ok);
  const [, excess = ""] = /(\d+) bytes longer than serf can carry: shorten labels/.exec(tags.failure) ?? [];
  const fitting = tagsOf({ ...MEMBER, labels: { ...labels, longer: "y".repeat(250 - Number(excess)) } });
  assert.ok(fitting.ok);
});

test("a node that is no server of a circuit is no member", () => {
  assert.equal(memberOf("web-1", { role: "web" }), null);
  assert.equal(memberOf("Q0123456789abcdef", {}), null);
  const tags = tagsOf(MEMBER);
  assert.ok(tags.ok);
  assert.equal(memberOf(MEMBER.worker, { ...tags.value, r: "-1" }), null);
});
