/// <reference lib="esnext.disposable" preserve="true" />
/** The client library of circuits: `import { dial } from "circusd/circuit"`. */
import { CircuitClient } from "../../circuit/client.js";
import { parseKeys } from "../../core/circuit/keys.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import type { ClusterKey } from "../../wire/circuit/link.js";
import { dialling } from "../dial-circuit.js";

export { CircuitClient, type Listing, type Members, type SeenMember } from "../../circuit/client.js";
export { Anchor, type Element, type Entry, type ListOptions, type Peeked } from "../../circuit/anchor.js";
export { Channel, type MessagesOptions, type ReceiveOptions } from "../../circuit/elements/channel.js";
export { Container, type ContainerStat } from "../../circuit/elements/container.js";
export { Nameserver } from "../../circuit/elements/nameserver.js";
export { Process } from "../../circuit/elements/process.js";
export { Server, type ProfileOptions } from "../../circuit/elements/server.js";
export { Subscription } from "../../circuit/elements/subscription.js";
export { Watcher } from "../../circuit/elements/watcher.js";
export { ReceivedMessage, type Message } from "../../circuit/message.js";
export type { InputOptions, OutputOptions } from "../../circuit/pipes.js";
export type { CallOptions, ScrubOptions } from "../../circuit/place.js";
export { Sender } from "../../circuit/sender.js";
export type { Chunk, Source } from "../../circuit/source.js";
export { joinPath, splitPath } from "../../circuit/path.js";
export type { Member, MemberState } from "../../core/circuit/member.js";
export type { Command, ContainerRun, ElementKind, ProcessStat } from "../../wire/circuit/contract.js";
export { CircuitError, type ErrorCode } from "../../wire/circuit/errors.js";
export type { ChannelStat, MemberChange, NameserverStat, ServerStat, SubscriptionStat } from "../../wire/circuit/values.js";

export interface DialOptions {
  /** The key file of the circuit by its path, or its content: the text, or the bytes of one key. @default no key */
  readonly key?: string | Uint8Array;
  /** Milliseconds for each address. @default 5000 */
  readonly timeout?: number;
  /** Milliseconds for calls that say nothing of it, but for those that wait for others. @default 30,000 */
  readonly deadline?: number;
  /** Gives up dialling. */
  readonly signal?: AbortSignal;
}

/**
 * Connects to a circuit through one of its servers, the first of these that answers. Where it is lost later, the next is used.
 * @param addresses `circuit://HOST:PORT/PID/Q…` as a server prints it, or `HOST:PORT`
 * @throws CircuitError that says why nobody could be reached
 * @example `await using client = await dial("circuit://10.0.0.1:11022", { key: "/etc/circus/circuit.key" });`
 */
export async function dial(addresses: string | readonly string[], options: DialOptions = {}): Promise<CircuitClient> {
  return connect(typeof addresses === "string" ? [addresses] : addresses, await keysOf(options), options);
}

/**
 * Connects to a circuit whose servers answer in a multicast group.
 * @param group `HOST:PORT`, such as `228.8.8.8:8822`
 * @throws CircuitError `lost` where nobody answers
 * @example `await using client = await discover("228.8.8.8:8822");`
 */
export async function discover(group: string, options: DialOptions = {}): Promise<CircuitClient> {
  const [{ findServers }, { parseGroup }] = await Promise.all([
    import("../../os/find-servers.js"),
    import("../../core/options/cluster.js"),
  ]);
  const { signal = new AbortController().signal, timeout: wait = 5000 } = options;
  const place = parseGroup(group);
  if (place === null) throw new CircuitError("invalid", `"${group}" is no multicast group such as 228.8.8.8:8822`);
  const keys = await keysOf(options);
  const found = await findServers({ group: place, keys, wait, signal });
  if (!found.ok) throw new CircuitError("unavailable", `Cannot look for servers at "${group}": ${found.failure}`);
  if (signal.aborted) throw new CircuitError("cancelled", `Looking for servers at "${group}" was cancelled`, { cause: signal.reason });
  if (found.value.length > 0) return connect(found.value, keys, options);
  throw new CircuitError("lost", `No server has answered at "${group}": they announce themselves there where they were told so`);
}

async function connect(
  addresses: readonly string[],
  keys: readonly ClusterKey[],
  { signal, timeout, deadline }: DialOptions,
): Promise<CircuitClient> {
  const client = new CircuitClient({
    addresses,
    dial: dialling(keys),
    ...(timeout === undefined ? {} : { timeout }),
    ...(deadline === undefined ? {} : { deadline }),
  });
  try {
    await client.server(signal === undefined ? {} : { signal });
    return client;
  } catch (cause) {
    await client.close();
    throw cause;
  }
}

async function keysOf({ key }: DialOptions): Promise<readonly ClusterKey[]> {
  if (key === undefined) return [];
  if (typeof key !== "string") return [key];
  const content = parseKeys(key);
  if (content.ok) return content.value;
  const { readKeyFile } = await import("../../os/key-file.js");
  const read = await readKeyFile(key);
  if (!read.ok) throw new CircuitError("invalid", read.failure);
  return read.value.keys;
}
