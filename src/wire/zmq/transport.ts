/** The transport over ZeroMQ, as Circus has it: ROUTER and DEALER for commands, PUB and SUB for events. */
import type { Transport } from "../transport.js";
import { connectControl } from "./control-connection.js";
import { serveControl } from "./control-server.js";
import { connectEvents } from "./event-connection.js";
import { serveEvents } from "./event-server.js";

/** Requests that may wait for the daemon, for each peer; beyond it the peer itself is held back. */
const REQUESTS = 100;
/** Replies that may wait for a peer; beyond it they are dropped, so that a client which never reads costs no more. */
const REPLIES = 1000;
/** Events that may wait for a subscriber; beyond it they are dropped. A daemon of 1,000 processes tells 3,000 at once. */
const EVENTS = 10_000;
/** Milliseconds for which the requests of a client that is closed may still leave. */
const CLIENT_LINGER = 250;
/** Milliseconds before a client tries again; doubled up to a second while the daemon is away. */
const RECONNECT = { reconnectInterval: 20, reconnectMaxInterval: 1000 };

/**
 * Makes the transport. The native library is loaded here and not before, so that what needs no network starts quickly.
 * @example `const transport = await openZmq();`
 */
export async function openZmq(): Promise<Transport> {
  const { Dealer, Publisher, Router, Subscriber } = await import("zeromq");
  return {
    serve(endpoint, { maxFrame }, onRequest) {
      const socket = new Router({
        ipv6: isIpv6(endpoint),
        linger: 0,
        mandatory: false,
        maxMessageSize: maxFrame,
        receiveHighWaterMark: REQUESTS,
        sendHighWaterMark: REPLIES,
        sendTimeout: 0,
        tcpKeepalive: 1,
      });
      return serveControl(socket, endpoint, onRequest);
    },
    publish(endpoint) {
      const socket = new Publisher({ ipv6: isIpv6(endpoint), linger: 0, sendHighWaterMark: EVENTS, sendTimeout: 0, tcpKeepalive: 1 });
      return serveEvents(socket, endpoint);
    },
    connect(endpoint) {
      const routingId = crypto.randomUUID().replaceAll("-", "");
      return connectControl(new Dealer({ ipv6: isIpv6(endpoint), linger: CLIENT_LINGER, routingId, ...RECONNECT }), endpoint);
    },
    subscribe(endpoint, topics) {
      const socket = new Subscriber({ ipv6: isIpv6(endpoint), linger: 0, receiveHighWaterMark: EVENTS, tcpKeepalive: 1, ...RECONNECT });
      return connectEvents(socket, endpoint, topics);
    },
  };
}

function isIpv6(endpoint: string): boolean {
  return endpoint.includes("[");
}
