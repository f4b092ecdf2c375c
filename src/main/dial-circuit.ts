/** How a client in this program reaches the servers of a circuit. */
import type { DialServer } from "../circuit/uplink.js";
import { systemClock } from "../os/clock.js";
import type { ClusterKey, Links } from "../wire/circuit/link.js";

/** Loads the network when it dials for the first time. */
export function dialling(keys: readonly ClusterKey[]): DialServer {
  const clock = systemClock();
  let links: Promise<Links> | null = null;
  return async (address, { timeout, signal }) => {
    const [{ openLinks }, { dialConversation }] = await Promise.all([import("../wire/zmq/links.js"), import("../circuit/hello.js")]);
    links ??= openLinks();
    return dialConversation({
      links: await links,
      clock,
      address,
      keys,
      role: "client",
      member: null,
      timeout,
      signal,
      onCall: (call) => call.fail("unknown-method", "Nothing can be asked of a client"),
    });
  };
}
