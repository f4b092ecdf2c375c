/** The WebSocket over which pages hear what happens. */
import type { FastifyRequest } from "fastify";
import type { WebSocket } from "@fastify/websocket";
import type { Cancel, Clock, Log } from "../../core/ports.js";
import { CLOSE, FeedConnection } from "../feed/connection.js";
import type { App } from "../http.js";
import { Refused } from "../problem.js";
import type { DaemonView } from "../view/daemon-view.js";

export interface FeedParts {
  readonly daemons: ReadonlyMap<string, DaemonView>;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether whoever opened the feed may still listen. */
  readonly stillKnown: (request: FastifyRequest) => Promise<boolean>;
}

/** Pages that listen at a time; one more is refused. */
export const MOST_FEEDS = 256;

/** Bytes of a message from a page. */
export const MOST_BYTES = 64 * 1024;

/** Milliseconds between two looks at each connection. */
const LOOK = 15_000;

/** Milliseconds for which a page may read nothing, then it is given up. */
const LONGEST_STUCK = 30_000;

interface Listener {
  readonly socket: WebSocket;
  readonly feed: FeedConnection;
  readonly request: FastifyRequest;
  alive: boolean;
}

/** @returns ends every connection: the server goes */
export function serveFeed(app: App, parts: FeedParts): () => void {
  const listeners = new Set<Listener>();
  let cancel: Cancel = () => undefined;
  const look = (): void => {
    for (const listener of listeners) void lookAt(listener, parts).catch((cause: unknown) => report(parts.log, cause));
    cancel = parts.clock.after(LOOK, look);
  };
  cancel = parts.clock.after(LOOK, look);
  app.get(
    "/api/v1/feed",
    {
      websocket: true,
      config: { access: "read" },
      preHandler: async () => {
        if (listeners.size >= MOST_FEEDS) throw new Refused(503, `More than ${MOST_FEEDS} pages cannot listen at a time`, 30);
      },
    },
    (socket, request) => {
      const listener = open(socket, request, parts);
      listeners.add(listener);
      socket.on("close", () => {
        listeners.delete(listener);
        listener.feed.end();
      });
    },
  );
  return () => {
    cancel();
    for (const { socket } of listeners) socket.close(CLOSE.goingAway, "circushttpd ends");
  };
}

function open(socket: WebSocket, request: FastifyRequest, { daemons, clock, log }: FeedParts): Listener {
  const peer = {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send: (text: string, sent: () => void): void => socket.send(text, sent),
    close: (code: number, reason: string): void => socket.close(code, reason),
  };
  const listener: Listener = { socket, request, feed: new FeedConnection({ peer, clock, daemons }), alive: true };
  socket.on("pong", () => {
    listener.alive = true;
  });
  socket.on("message", (data, isBinary) => {
    if (isBinary) return socket.close(CLOSE.unsupported, "Messages are text");
    try {
      listener.feed.receive(textOf(data));
    } catch (cause) {
      report(log, cause);
      socket.close(CLOSE.internal, "internal error");
    }
  });
  return listener;
}

/** A peer that has vanished does not answer; one that reads nothing gets no more; one whose session ended is sent away. */
async function lookAt(listener: Listener, { stillKnown }: FeedParts): Promise<void> {
  const { socket, feed, request } = listener;
  if (feed.stuck > LONGEST_STUCK) {
    socket.close(CLOSE.tryLater, "Reads too slowly");
    // What waits in the socket keeps the farewell from getting out, so it is not waited for.
    return socket.terminate();
  }
  if (!listener.alive) return socket.terminate();
  listener.alive = false;
  socket.ping();
  if (!(await stillKnown(request))) socket.close(CLOSE.policy, "The session has ended");
}

function textOf(data: Buffer | ArrayBuffer | readonly Buffer[]): string {
  if (Buffer.isBuffer(data)) return data.toString("utf8");
  return data instanceof ArrayBuffer ? Buffer.from(data).toString("utf8") : Buffer.concat(data).toString("utf8");
}

function report(log: Log, cause: unknown): void {
  log.error(`internal: feed: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
}
