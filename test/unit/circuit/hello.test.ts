import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { converse } from "../../../src/circuit/converse.js";
import type { IncomingCall } from "../../../src/circuit/conversation.js";
import { dialConversation } from "../../../src/circuit/hello.js";
import type { Member } from "../../../src/core/circuit/member.js";
import { parseAddress, type Address } from "../../../src/wire/circuit/address.js";
import type { ClusterKey, Link } from "../../../src/wire/circuit/link.js";
import { MemoryNetwork } from "../../../src/wire/memory/links.js";
import { VirtualClock } from "../../helpers/virtual-clock.js";

const MEMBER: Member = {
  id: "X0123456789abcdef",
  worker: "Q0123456789abcdef",
  address: "circuit://b:1/7/Q0123456789abcdef",
  name: "b",
  labels: {},
  version: "1.0.0",
  started: 1,
  revision: 0,
  circusd: false,
};

class Stage {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly accepted: Link[] = [];

  async listen(onCall: (incoming: IncomingCall) => void): Promise<this> {
    const accepted = (link: Link): void => {
      this.accepted.push(link);
      converse(link, { clock: this.clock, onCall });
    };
    await this.network.host("b").listen("tcp://b:1", { keys: [], silence: 5000 }, { accepted, refused: () => undefined });
    return this;
  }

  dial(address: string, options: { keys?: readonly ClusterKey[]; signal?: AbortSignal } = {}): ReturnType<typeof dialConversation> {
    return dialConversation({
      links: this.network.host("a"),
      clock: this.clock,
      address: parsed(address),
      keys: [],
      role: "client",
      member: null,
      timeout: 1000,
      onCall: (incoming) => incoming.fail("unknown-method", "none here"),
      ...options,
    });
  }
}

function parsed(text: string): Address {
  const address = parseAddress(text);
  assert.ok(address.ok);
  return address.value;
}

const welcome = (incoming: IncomingCall): void => incoming.reply({ version: 1, member: MEMBER });

describe("dialConversation()", () => {
  it("says who dials and whom it means, and tells who is there", async () => {
    const asked: unknown[] = [];
    const stage = await new Stage().listen((incoming) => {
      asked.push(incoming.method, incoming.params);
      welcome(incoming);
    });
    const { conversation, member } = await stage.dial(MEMBER.address);
    assert.deepEqual(member, MEMBER);
    assert.deepEqual(asked, ["hello", { version: 1, role: "client", member: null, expects: { pid: 7, worker: MEMBER.worker } }]);
    conversation.close("done");
    await conversation.ended;
    assert.equal(stage.clock.armed, 0);
  });

  it("takes whoever listens where the address names no program", async () => {
    const stage = await new Stage().listen(welcome);
    assert.equal((await stage.dial("b:1")).member.id, MEMBER.id);
  });

  it("refuses another program than the one that is meant", async () => {
    const stage = await new Stage().listen(welcome);
    for (const process of ["8/Q0123456789abcdef", "7/Qfedcba9876543210"]) {
      await assert.rejects(stage.dial(`circuit://b:1/${process}`), {
        code: "refused",
        message: new RegExp(`b:1.*${process}" is not there`),
      });
    }
  });

  it("refuses another version of the protocol", async () => {
    const stage = await new Stage().listen((incoming) => incoming.reply({ version: 2, member: MEMBER }));
    await assert.rejects(stage.dial("b:1"), { code: "refused", message: /version 2 of the protocol, this program version 1/ });
  });

  it("tells a wrong key, an empty place, a silent one and a change of mind apart", async () => {
    const stage = await new Stage().listen(() => undefined);
    await assert.rejects(stage.dial("b:1", { keys: [Uint8Array.of(1)] }), { code: "refused", message: /another cluster key/ });
    await assert.rejects(stage.dial("b:2"), { code: "lost", message: /nobody listens/ });
    const abort = new AbortController();
    const cancelled = assert.rejects(stage.dial("b:1", { signal: abort.signal }), { code: "cancelled" });
    const unanswered = assert.rejects(stage.dial("b:1"), { code: "deadline", message: /b:1/ });
    await stage.clock.pass(10);
    abort.abort();
    await cancelled;
    await stage.clock.pass(1000);
    await unanswered;
    assert.equal(stage.clock.armed, 0);
  });
});
