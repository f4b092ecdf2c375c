/** A client of the channel at `/X…/c` that does one thing, tells its parent how far it is, and stays there. Started with `fork`. */
import { dialConversation } from "../../src/circuit/hello.js";
import { systemClock } from "../../src/os/clock.js";
import { parseAddress } from "../../src/wire/circuit/address.js";
import { openLinks } from "../../src/wire/zmq/links.js";

export type Deed =
  /** Waits for a message. */
  | "receive"
  /** Has a message and does not acknowledge it. */
  | "hold"
  /** Sends "phantom" and waits for a place. */
  | "send"
  /** Sends the beginning of a message, and never the rest. */
  | "begin"
  /** Sends the first megabytes of a message, and never the rest. */
  | "begin-large";

const at = { path: ["c"] };
const utf8 = new TextEncoder();

async function act(endpoint: string, deed: string): Promise<void> {
  const address = parseAddress(endpoint.replace("tcp:", "circuit:"));
  if (!address.ok) throw new Error(address.failure);
  const { conversation } = await dialConversation({
    ...{ links: await openLinks(), address: address.value, keys: [], role: "client", member: null },
    ...{ timeout: 20_000, clock: systemClock(), onCall: () => undefined },
  });
  switch (deed) {
    case "receive":
      conversation.open("recv", at, { deadline: null, ended: false });
      // Calls are served in the order in which they come.
      await conversation.ask("ping", {});
      return tell("waits");
    case "hold":
      for await (const { body } of conversation.open("recv", at, { deadline: null, ended: false }).parts()) {
        tell(new TextDecoder().decode(body));
      }
      return;
    case "send":
      conversation.open("send", at, { deadline: null, body: utf8.encode("phantom") });
      await conversation.ask("ping", {});
      return tell("waits");
    case "begin":
      conversation.open("send", at, { deadline: null, body: utf8.encode("half a mess"), ended: false });
      await conversation.ask("ping", {});
      return tell("waits");
    case "begin-large":
      await conversation.open("send", at, { deadline: null, ended: false }).send({ body: new Uint8Array(2 * 1024 * 1024) });
      return tell("waits");
  }
}

function tell(fact: string): void {
  process.send?.(fact);
}

const [, , endpoint = "", deed = ""] = process.argv;
process.on("disconnect", () => process.exit(0));
await act(endpoint, deed);
