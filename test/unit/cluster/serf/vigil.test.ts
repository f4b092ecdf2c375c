import assert from "node:assert/strict";
import test from "node:test";
import type { Conversation } from "../../../../src/circuit/conversation.js";
import { Vigil } from "../../../../src/cluster/serf/vigil.js";
import type { Member } from "../../../../src/core/circuit/member.js";
import { fail, succeed } from "../../../../src/core/result.js";
import type { LinkEnd } from "../../../../src/wire/circuit/link.js";
import { VirtualClock } from "../../../helpers/virtual-clock.js";

function member(name: string): Member {
  const facts = { labels: {}, version: "1.0.0", started: 1, revision: 0, circusd: true };
  return { id: `X${name}`, worker: name, address: `circuit://${name}:11022`, name, ...facts };
}

/** A conversation of which nothing is asked but its end. */
function link(): { readonly conversation: Conversation; readonly end: (kind: LinkEnd["kind"]) => void } {
  let tell: (end: LinkEnd) => void = () => undefined;
  const ended = new Promise<LinkEnd>((resolve) => (tell = resolve));
  const refuse = (): never => {
    throw new Error("nobody asks it anything");
  };
  const conversation = { peer: "", end: null, ended, isIdle: true, open: refuse, ask: refuse, relay: refuse, close: () => undefined };
  return { conversation, end: (kind) => tell({ kind, message: "" }) };
}

class Stage {
  readonly clock = new VirtualClock();
  readonly doubts: string[] = [];
  readonly doubted = new Set<string>();
  readonly reached: string[] = [];
  readonly dead = new Set<string>();
  readonly links = new Map<string, ReturnType<typeof link>>();
  members: readonly string[] = [];
  held: readonly string[] = [];
  readonly vigil = new Vigil({
    clock: this.clock,
    reach: async ({ name }) => {
      this.reached.push(name);
      if (this.dead.has(name)) return fail("nobody answers");
      const made = link();
      this.links.set(name, made);
      return succeed(made.conversation);
    },
    hold: (workers) => void (this.held = workers),
    current: (name) => (this.members.includes(name) ? member(name) : null),
    isDoubted: (name) => this.doubted.has(name),
    doubt: ({ name }) => {
      this.doubts.push(name);
      this.doubted.add(name);
      this.follow(this.members);
    },
  });

  follow(members: readonly string[]): void {
    this.members = members;
    this.vigil.follow("c", () => this.members.map(member));
  }

  /** It dies, or hangs: its link ends. */
  async lose(name: string, kind: LinkEnd["kind"]): Promise<void> {
    this.dead.add(name);
    this.links.get(name)?.end(kind);
    await this.clock.advance(1);
  }
}

test("each server watches the next two in the order of names, round the end", async () => {
  const stage = new Stage();
  stage.follow(["a", "b", "d"]);
  stage.follow(["a", "b"]);
  await stage.clock.advance(1);
  assert.deepEqual(stage.held, ["a", "b"]);
  stage.follow(["a", "b", "d", "e"]);
  await stage.clock.advance(1);
  assert.deepEqual(stage.held, ["d", "e"]);
  stage.vigil.close();
  assert.equal(stage.clock.armed, 0);
});

test("one whose link breaks and that cannot be reached again is doubted, and the next one is watched in its place", async () => {
  const stage = new Stage();
  stage.follow(["a", "d", "e", "f"]);
  await stage.clock.advance(1);
  await stage.lose("d", "lost");
  assert.deepEqual(stage.doubts, ["d"]);
  assert.deepEqual(stage.held, ["d", "e", "f"]);
  stage.vigil.close();
});

test("a link that is there again at once, and a good-bye, raise no doubt", async () => {
  const stage = new Stage();
  stage.follow(["d", "e"]);
  await stage.clock.advance(1);
  stage.links.get("d")?.end("lost");
  await stage.clock.advance(1);
  stage.dead.add("e");
  stage.links.get("e")?.end("bye");
  await stage.clock.advance(1);
  stage.follow(["d"]);
  await stage.clock.advance(10);
  assert.deepEqual(stage.doubts, []);
  stage.vigil.close();
});

test("one that stays away is doubted again now and then, and told so when it is back", async () => {
  const stage = new Stage();
  stage.follow(["d"]);
  await stage.clock.advance(1);
  await stage.lose("d", "silent");
  await stage.clock.advance(60);
  assert.equal(stage.doubts.length, 4);
  stage.dead.delete("d");
  await stage.clock.advance(60);
  assert.equal(stage.doubts.length, 5);
  stage.doubted.delete("d");
  await stage.clock.advance(60);
  assert.equal(stage.doubts.length, 5);
  stage.vigil.close();
});
