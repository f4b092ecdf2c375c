/** A program at the other end of a link, which does what its parent says. Started with `fork`. */
import { openLinks } from "../../src/wire/zmq/links.js";
import type { Link, LinkHandler, LinkOptions, Listener } from "../../src/wire/circuit/link.js";

export type PeerOrder =
  | { readonly do: "listen"; readonly silence: number }
  | { readonly do: "dial"; readonly endpoint: string; readonly silence: number }
  /** Sends so many packets and a good-bye, and is gone. */
  | { readonly do: "speak-and-leave"; readonly packets: number }
  /** Keeps the event loop from turning. */
  | { readonly do: "block"; readonly for: number };

let link: Link | null = null;
let listener: Listener | null = null;

function take(taken: Link): void {
  link = taken;
  const handler: LinkHandler = {
    packet() {},
    ended: (end) => tell({ ended: end.kind }),
  };
  taken.start(handler);
}

function tell(fact: unknown): void {
  process.send?.(fact);
}

async function obey(order: PeerOrder): Promise<void> {
  switch (order.do) {
    case "listen": {
      const links = await openLinks();
      listener = await links.listen("tcp://127.0.0.1:0", options(order.silence), { accepted: take, refused() {} });
      return tell({ endpoint: listener.endpoint });
    }
    case "dial": {
      const links = await openLinks();
      take(await links.dial(order.endpoint, { ...options(order.silence), timeout: 20_000 }));
      return tell({ dialled: true });
    }
    case "speak-and-leave":
      for (let call = 0; call < order.packets; call += 1) link?.send({ kind: "result", call, value: "x".repeat(500) });
      link?.close("that was all");
      await listener?.close();
      // Nothing else keeps it alive.
      process.off("disconnect", leave);
      return process.disconnect();
    case "block":
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.for);
      return tell({ unblocked: true });
  }
}

function options(silence: number): LinkOptions {
  return { keys: [], silence };
}

/** Nobody is left to give orders. */
function leave(): void {
  process.exit(0);
}

process.on("disconnect", leave);
process.on("message", (order: PeerOrder) => void obey(order));
