import assert from "node:assert/strict";
import test from "node:test";
import type { Member } from "../../../../src/core/circuit/member.js";
import type { SerfNode, SerfStatus } from "../../../../src/cluster/serf/records.js";
import { Roster } from "../../../../src/cluster/serf/roster.js";
import { tagsOf } from "../../../../src/cluster/serf/tags.js";
import { VirtualClock } from "../../../helpers/virtual-clock.js";

function member(number: number, change: Partial<Member> = {}): Member {
  const digits = number.toString(16).padStart(16, "0");
  const address = `circuit://10.0.0.${number}:11022/1/Q${digits}`;
  const facts = { labels: {}, version: "1.0.0", started: number, revision: 0, circusd: true };
  return { id: `X${digits}`, worker: `Q${digits}`, address, name: `h${number}`, ...facts, ...change };
}

function node(of: Member, status: SerfStatus = "alive"): SerfNode {
  const tags = tagsOf(of);
  assert.ok(tags.ok);
  return { name: of.worker, place: "10.0.0.1:7946", tags: tags.value, status };
}

function open(): { readonly roster: Roster; readonly clock: VirtualClock; readonly events: string[] } {
  const clock = new VirtualClock();
  const events: string[] = [];
  const self = member(1);
  const on = {
    joined: ({ name }: Member) => void events.push(`join ${name}`),
    left: ({ name }: Member, reason: string) => void events.push(`${reason} ${name}`),
    updated: ({ name, revision }: Member) => void events.push(`update ${name} ${revision}`),
  };
  return { roster: new Roster({ clock, self: () => self, on }), clock, events };
}

const TWO = member(2);

test("each member is told once, whatever is said again, and nobody is told of himself", () => {
  const { roster, events } = open();
  roster.compare([node(member(1)), node(TWO), { ...node(TWO), name: "web-1", tags: {} }]);
  roster.hear(node(TWO));
  roster.hear(node(member(2, { revision: 1, name: "new" })));
  roster.hear(node(TWO));
  roster.hear(node(TWO, "leaving"));
  roster.hear(node(TWO, "left"));
  assert.deepEqual(events, ["join h2", "update new 1", "left new"]);
});

test("one that fails is lost and looked for until it is back, says good-bye, or another program has its address", () => {
  const { roster, events } = open();
  roster.hear(node(TWO));
  roster.hear(node(TWO, "failed"));
  assert.deepEqual(
    roster.lost().map(({ name }) => name),
    ["h2"],
  );
  roster.hear(node(TWO));
  roster.hear(node(TWO, "failed"));
  const next = member(3, { address: "circuit://10.0.0.2:11022/9/Q0000000000000003" });
  roster.hear(node(next));
  assert.deepEqual(roster.lost(), []);
  assert.deepEqual(events, ["join h2", "failed h2", "join h2", "failed h2", "join h3"]);
});

test("who is started anew at the same address takes the place of the one that nobody has seen end", () => {
  const { roster, events } = open();
  roster.hear(node(TWO));
  roster.hear(node(member(3, { address: "circuit://10.0.0.2:11022/9/Q0000000000000003" })));
  roster.hear(node(TWO));
  assert.deepEqual(events, ["join h2", "failed h2", "join h3"]);
});

test("one that is doubted is lost, until it says with a higher revision that it is there", () => {
  const { roster, events } = open();
  roster.hear(node(TWO));
  roster.doubt(TWO.worker, 0);
  assert.ok(roster.isDoubted(TWO.worker));
  roster.hear(node(TWO));
  roster.hear(node(member(2, { revision: 1 })));
  roster.doubt(TWO.worker, 0);
  assert.deepEqual(events, ["join h2", "failed h2", "join h2"]);
  assert.ok(!roster.isDoubted(TWO.worker));
});

test("one that is doubted and whose agent fails then is back as soon as its agent is", () => {
  const { roster, events } = open();
  roster.hear(node(TWO));
  roster.doubt(TWO.worker, 0);
  roster.hear(node(TWO, "failed"));
  roster.hear(node(TWO));
  assert.deepEqual(events, ["join h2", "failed h2", "join h2"]);
});

test("a good-bye counts, though the agent says for a while that the server is there; a later return counts too", () => {
  const { roster, events } = open();
  roster.hear(node(TWO));
  roster.bury(TWO.worker);
  roster.compare([node(TWO)]);
  assert.deepEqual(events, ["join h2", "left h2"]);
  roster.hear(node(TWO, "left"));
  roster.hear(node(TWO));
  assert.deepEqual(events, ["join h2", "left h2", "join h2"]);
});

test("an agent that was started again may take its time to find the others", async () => {
  const { roster, clock, events } = open();
  roster.compare([node(TWO), node(member(3))]);
  assert.equal(roster.compare([]), true);
  await clock.advance(5);
  assert.equal(roster.compare([node(TWO)]), true);
  await clock.advance(6);
  assert.equal(roster.compare([node(TWO)]), false);
  assert.deepEqual(events, ["join h2", "join h3", "failed h3"]);
});
