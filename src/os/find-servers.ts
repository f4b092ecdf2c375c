/** Asks a multicast group which servers of a circuit are there. */
import { randomBytes } from "node:crypto";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { decodeDatagram, encodeDatagram, MAX_DATAGRAM } from "../core/circuit/datagram.js";
import type { Millis } from "../core/ports.js";
import type { MulticastGroup } from "../core/multicast.js";
import { fail, succeed, type Result } from "../core/result.js";
import { isBelieved, signed } from "./datagram-signature.js";
import { bind, isOwn, ownAddresses, sendToGroup, TTL } from "./multicast.js";

export interface ServerSearch {
  readonly group: MulticastGroup;
  /** Servers that have one of them answer; without any, servers of this host alone. */
  readonly keys: readonly Uint8Array[];
  /** Milliseconds after which nobody is expected to answer any more. */
  readonly wait: Millis;
  readonly signal: AbortSignal;
}

/** Datagrams get lost, so that the question is asked again after that long. */
const AGAIN: Millis = 400;
/** After the first answer others are waited for a little, in case the first server is just ending. */
const OTHERS: Millis = 150;

/**
 * Addresses of all that answer, in the order of their answers; nobody is a list without any.
 * The failure says why nobody could be asked.
 * @example `await findServers({ group: { host: "228.8.8.8", port: 8822 }, keys, wait: 3000, signal })`
 */
export async function findServers({ group, keys, wait, signal }: ServerSearch): Promise<Result<readonly string[], string>> {
  const socket = createSocket({ type: "udp4" });
  const failure = await bind(socket, 0, "0.0.0.0");
  if (failure !== null) return fail(failure);
  socket.on("error", () => undefined);
  socket.setMulticastTTL(TTL);
  const found = new Set<string>();
  const end = new AbortController();
  let timer = setTimeout(() => end.abort(), wait);
  const abort = (): void => end.abort();
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  socket.on("message", (message: Buffer, from: RemoteInfo) => {
    const decoded = message.length > MAX_DATAGRAM ? null : decodeDatagram(message.toString());
    if (decoded?.datagram.kind !== "announcement" || !isBelieved(decoded, keys, isOwn(from))) return;
    if (found.size === 0) {
      clearTimeout(timer);
      timer = setTimeout(abort, Math.min(wait, OTHERS));
    }
    found.add(decoded.datagram.announcement.address);
  });
  try {
    const isAsked = await askUntil(end.signal, socket, { group, keys });
    return isAsked ? succeed([...found]) : fail("no network device sends multicast");
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    socket.close();
  }
}

/** @returns false where no question went out */
async function askUntil(end: AbortSignal, socket: Socket, { group, keys }: Pick<ServerSearch, "group" | "keys">): Promise<boolean> {
  let isAsked = false;
  while (!end.aborted) {
    const question = signed({ kind: "question", nonce: randomBytes(8).toString("hex") }, keys);
    const sent = await sendToGroup(socket, group, { text: encodeDatagram(question), devices: ownAddresses() });
    isAsked ||= sent.length > 0;
    if (!isAsked) return false;
    await pause(AGAIN, end);
  }
  return isAsked || end.aborted;
}

function pause(delay: Millis, end: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (end.aborted) return resolve();
    const timer = setTimeout(done, delay);
    end.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      end.removeEventListener("abort", done);
      resolve();
    }
  });
}
