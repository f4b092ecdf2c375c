/** Where a daemon publishes its events and its figures, as seen from whoever asked it. */
import { isObject } from "../wire/codec.js";
import { refusalOf } from "../wire/reply.js";
import type { CallOptions, CircusClient } from "./call.js";

export interface Publishers {
  /** Null where the daemon does not tell. */
  readonly events: string | null;
  readonly figures: string | null;
}

/**
 * Asks a daemon where it publishes; addresses for all interfaces are on the host where it was asked.
 * @param asked the daemon's endpoint as it was given, where a tunnel leads to it
 * @throws CallTimeout when no answer comes in time.
 */
export async function findPublishers(client: CircusClient, options: CallOptions = {}, asked = client.endpoint): Promise<Publishers> {
  const { reply } = await client.send("globaloptions", {}, options);
  const told = refusalOf(reply) === null ? reply["options"] : null;
  const address = (name: string): string | null => {
    const endpoint = isObject(told) ? told[name] : null;
    return typeof endpoint === "string" && endpoint !== "" ? publicAddress(endpoint, asked) : null;
  };
  return { events: address("pubsub_endpoint"), figures: address("stats_endpoint") };
}

/**
 * The address under which a publisher is reached from here: one bound to all interfaces is on the host on
 * which the daemon was asked.
 * @example `publicAddress("tcp://*:5556", "tcp://web1:5555") === "tcp://web1:5556"`
 */
export function publicAddress(publisher: string, asked: string): string {
  const host = /^tcp:\/\/(.+):\d+$/.exec(asked)?.[1] ?? "127.0.0.1";
  return publisher.replace(/^tcp:\/\/(?:\*|0\.0\.0\.0|\[::\]):/, `tcp://${host}:`);
}
