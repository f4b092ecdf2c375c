/** The listening end of links: one ROUTER for all of them, and who keeps its door. */
import type { ClusterKey, LinkOptions, Listener, ListenerHandler } from "../circuit/link.js";
import { bind } from "./bind.js";
import { dialingPair, listeningPair } from "./curve.js";
import { Reception } from "./reception.js";
import { Refusals } from "./refusals.js";
import { makeContext, MAX_FRAME, MAX_WAITING, NotifyingRouter, observe, receive, signsOfLife, watch } from "./sockets.js";
import { keepDoor } from "./zap.js";

/** Milliseconds that a stranger has to show who it is. */
const HANDSHAKE = 5000;

/** Milliseconds for which what was sent to a peer may stay without its kernel's taking it: one that does not read, and is alive. */
const UNREAD = 30_000;

/** @throws Error that names the endpoint and the cause, such as one in use */
export async function listenForLinks(endpoint: string, options: LinkOptions, handler: ListenerHandler): Promise<Listener> {
  const isSecret = options.keys.length > 0;
  if (!isSecret && !isLoopback(endpoint)) {
    throw new Error(`Cannot bind circuit port "${endpoint}": without a key it may be reached from this host alone; give a key file`);
  }
  const context = makeContext();
  const socket = new NotifyingRouter({
    context,
    handshakeInterval: HANDSHAKE,
    ipv6: endpoint.includes("["),
    linger: 0,
    mandatory: true,
    maxMessageSize: MAX_FRAME,
    receiveHighWaterMark: MAX_WAITING,
    sendHighWaterMark: 0,
    sendTimeout: 0,
    tcpKeepalive: 1,
    tcpMaxRetransmitTimeout: UNREAD,
    ...signsOfLife(options.silence),
    ...(isSecret ? { curveServer: true, curveSecretKey: listeningPair().secretKey } : {}),
  });
  const events = await observe(socket);
  // With the port, once it is known.
  let place = endpoint;
  const refusals = new Refusals(
    (message) => handler.refused(message),
    () => performance.now(),
  );
  const tellOfStranger = (): void => refusals.tell("", strangerAt(place, isSecret));
  const reception = new Reception(socket, options.keys, {
    accepted: (link) => handler.accepted(link),
    stranger: tellOfStranger,
  });
  let admitted = publicKeysOf(options.keys);
  const door = isSecret
    ? keepDoor(context, (publicKey, host) => {
        const isAdmitted = admitted.has(publicKey);
        if (!isAdmitted) refusals.tell(host, `Refused a connection from ${host} to "${place}": it has another key; compare the key files`);
        return isAdmitted;
      })
    : null;
  const watching = watch(events, context, ({ type }) => {
    if (type === "handshake:error:protocol" || type === "handshake:error:other") tellOfStranger();
  });
  const bound = await bind(socket, { what: "circuit port", endpoint, linger: 0 }).catch((cause: unknown) => {
    door?.close();
    throw cause;
  });
  place = bound.endpoint;
  const finished = receive(socket, (frames) => reception.take(frames));
  return {
    endpoint: bound.endpoint,
    async rekey(keys) {
      if (keys.length > 0 !== isSecret) {
        throw new Error(`Cannot ${isSecret ? "take the keys away from" : "give keys to"} "${bound.endpoint}" while it listens`);
      }
      reception.keys = keys;
      admitted = publicKeysOf(keys);
    },
    async close() {
      await reception.closeAll("the server is going down");
      await bound.close();
      await finished;
      door?.close();
      await watching;
    },
  };
}

function publicKeysOf(keys: readonly ClusterKey[]): ReadonlySet<string> {
  return new Set(keys.map((key) => dialingPair(key).publicKey));
}

/** libzmq does not tell where they came from. */
function strangerAt(endpoint: string, isSecret: boolean): string {
  const what = isSecret
    ? "it showed no key, or is no circuit program"
    : "it is no circuit program, or it has a key and this server has none";
  return `Refused a connection to "${endpoint}": ${what}`;
}

function isLoopback(endpoint: string): boolean {
  return /^tcp:\/\/(?:127(?:\.\d+){3}|\[::1\]|localhost):/.test(endpoint);
}
