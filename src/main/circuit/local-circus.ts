/** The circusd of this very process, as a server of a circuit sees it. */
import { CircusClient } from "../../client/call.js";
import type { Within } from "../../arbiter/parts.js";
import type { LocalCircus } from "../../core/circuit/circus-port.js";
import type { Transport } from "../../wire/transport.js";

/** Seconds that a command may take that does not say. */
const USUAL_TIME = 30;

const utf8 = new TextDecoder();

/** @param outside how its events are heard, which come over its own endpoint alone */
export function localCircus({ transport, endpoint }: Within, outside: Transport): LocalCircus {
  const ask = async (command: string, properties: Readonly<Record<string, unknown>>, timeout: number | null) => {
    await using client = new CircusClient({ transport, endpoint });
    return (await client.send(command, properties, { timeout: timeout ?? USUAL_TIME })).reply;
  };
  return {
    command: ask,
    async watchers() {
      const { watchers } = await ask("list", {}, null);
      return Array.isArray(watchers) ? watchers.map(String) : [];
    },
    async *events(topics, signal) {
      const { options } = await ask("globaloptions", {}, null);
      const published = typeof options === "object" && options !== null && "pubsub_endpoint" in options ? options.pubsub_endpoint : null;
      if (typeof published !== "string") throw new Error("internal: circusd does not say where its events are");
      const connection = outside.subscribe(reachable(published), topics);
      const close = (): void => connection.close();
      signal.addEventListener("abort", close);
      try {
        if (signal.aborted) return;
        for await (const { topic, body } of connection) yield { topic, body: parse(body) };
      } finally {
        signal.removeEventListener("abort", close);
        close();
      }
    },
  };
}

/** What is bound to every device is reached over the loopback one. */
function reachable(endpoint: string): string {
  return endpoint.replace(/^tcp:\/\/(\*|0\.0\.0\.0):/, "tcp://127.0.0.1:").replace(/^tcp:\/\/\[::\]:/, "tcp://[::1]:");
}

function parse(body: Uint8Array): unknown {
  const text = utf8.decode(body);
  try {
    return JSON.parse(text);
  } catch {
    // A plugin may publish anything.
    return text;
  }
}
