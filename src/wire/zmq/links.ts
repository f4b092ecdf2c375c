/** Links over ZeroMQ: DEALER to ROUTER, with CURVE where there are keys. */
import type { Links } from "../circuit/link.js";

/**
 * Makes the port. The native library is loaded here and not before, so that what needs no network starts quickly.
 * @example `const link = await (await openLinks()).dial("tcp://10.0.0.2:11022", { keys: [key], silence: 4500, timeout: 5000 });`
 */
export async function openLinks(): Promise<Links> {
  const [{ dialLink }, { makeContext }] = await Promise.all([import("./links-dial.js"), import("./sockets.js")]);
  const context = makeContext();
  return {
    // Clients are started often, and never listen.
    listen: async (endpoint, options, handler) => (await import("./links-listener.js")).listenForLinks(endpoint, options, handler),
    dial: (endpoint, options) => dialLink(context, endpoint, options),
  };
}
