/**
 * The transport of memory, for tests and for a daemon inside another program: nothing leaves the process. It
 * behaves as ZeroMQ does: whoever connects first waits for the other, and queues have a bound.
 */
import type { ControlConnection, EventConnection, Incoming, ServeLimits, Transport } from "../transport.js";
import { Mailbox } from "./mailbox.js";

/** Messages that may wait in a queue, as in the ZeroMQ transport. */
const REPLIES = 1000;
const EVENTS = 10_000;

interface Server {
  readonly limits: ServeLimits;
  readonly onRequest: (incoming: Incoming) => void;
}

interface Subscription {
  readonly topics: readonly string[];
  readonly mailbox: Mailbox<{ readonly topic: string; readonly body: Uint8Array }>;
}

/** Those who meet at one endpoint. */
class Place {
  server: Server | null = null;
  publishing = false;
  /** Requests that came before there was a server. */
  readonly early: (() => void)[] = [];
  readonly subscriptions = new Set<Subscription>();
}

const utf8 = new TextEncoder();

/**
 * Makes a network of its own: endpoints of one are unknown to another.
 * @example `const transport = openMemory(); await transport.serve("memory://a", { maxFrame: 1e6 }, handle);`
 */
export function openMemory(): Transport {
  const places = new Map<string, Place>();
  const at = (endpoint: string): Place => {
    const place = places.get(endpoint) ?? new Place();
    places.set(endpoint, place);
    return place;
  };
  return {
    async serve(endpoint, limits, onRequest) {
      const place = at(endpoint);
      if (place.server !== null) throw inUse("control", endpoint);
      const server: Server = { limits, onRequest };
      place.server = server;
      for (const deliver of place.early.splice(0)) queueMicrotask(deliver);
      return {
        endpoint,
        async close() {
          if (place.server === server) place.server = null;
        },
      };
    },
    async publish(endpoint) {
      const place = at(endpoint);
      if (place.publishing) throw inUse("event", endpoint);
      place.publishing = true;
      let open = true;
      return {
        endpoint,
        publish(topic, body) {
          if (open) spread(place, topic, utf8.encode(body));
        },
        async close() {
          if (open) place.publishing = false;
          open = false;
        },
      };
    },
    connect: (endpoint) => connectTo(at(endpoint), endpoint),
    subscribe: (endpoint, topics) => subscribeTo(at(endpoint), topics),
  };
}

function inUse(what: string, endpoint: string): Error {
  return new Error(`Cannot bind ${what} endpoint "${endpoint}": address already in use; is another circusd running?`);
}

function spread(place: Place, topic: string, body: Uint8Array): void {
  for (const { topics, mailbox } of place.subscriptions) {
    if (topics.some((prefix) => topic.startsWith(prefix))) mailbox.put({ topic, body });
  }
}

function connectTo(place: Place, endpoint: string): ControlConnection {
  const replies = new Mailbox<Uint8Array>(REPLIES);
  const deliver = (frame: Uint8Array): void => {
    // ZeroMQ cuts the peer that sends too much; what it sent is lost and it connects again.
    if (place.server === null || frame.length > place.server.limits.maxFrame) return;
    place.server.onRequest({ frames: [frame], respond: (body) => replies.put(utf8.encode(body)) });
  };
  return {
    async send(body) {
      if (replies.closed) throw new Error(`Cannot send to "${endpoint}": the connection is closed`);
      const frame = utf8.encode(body);
      if (place.server !== null) queueMicrotask(() => deliver(frame));
      else if (place.early.length < REPLIES) place.early.push(() => deliver(frame));
    },
    replies: () => replies.drain(),
    close: () => replies.close(),
  };
}

function subscribeTo(place: Place, topics: readonly string[]): EventConnection {
  const subscription: Subscription = { topics, mailbox: new Mailbox(EVENTS) };
  place.subscriptions.add(subscription);
  return {
    [Symbol.asyncIterator]: () => subscription.mailbox.drain(),
    close() {
      place.subscriptions.delete(subscription);
      subscription.mailbox.close();
    },
  };
}
