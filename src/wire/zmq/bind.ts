/** Binding a socket and letting go of it, with answers to what libzmq leaves open: who holds a path, and when it is free again. */
import { chmodSync } from "node:fs";
import type { Socket } from "zeromq";
import { claimPath } from "./unix-path.js";

/** Milliseconds for which messages that were sent already may still leave after the socket is closed. */
const LINGER = 500;

/** Only the daemon's own user may connect to a unix socket, until `main` gives it to an owner. */
const PRIVATE = 0o600;

export interface Binding {
  /** What the endpoint is called in messages: `control endpoint`. */
  readonly what: string;
  readonly endpoint: string;
}

/**
 * Binds, and returns the endpoint with the port or path that was really taken.
 * @throws Error that names the endpoint, the cause and what to do.
 */
export async function bind(socket: Socket, { what, endpoint }: Binding): Promise<string> {
  const path = pathOf(endpoint);
  try {
    if (path === null) socket.bindSync(endpoint);
    else {
      await claimPath(path);
      bindPrivately(socket, path);
    }
  } catch (cause) {
    socket.close();
    throw new Error(`Cannot bind ${what} "${endpoint}": ${explain(cause)}`, { cause });
  }
  return boundEndpoint(endpoint, socket.lastEndpoint ?? endpoint);
}

/**
 * Closes a bound socket. When this has resolved its endpoint can be bound again: libzmq closes the listener and
 * removes a unix socket's file in a thread of its own, later than `close()` returns.
 */
export async function unbind(socket: Socket): Promise<void> {
  if (socket.closed) return;
  const { events } = socket;
  socket.linger = LINGER;
  socket.close();
  for await (const { type } of events) if (type === "close" || type === "close:error" || type === "end") break;
  events.close();
}

/** The path of a unix endpoint that has a file; null for tcp, abstract and temporary ones. */
function pathOf(endpoint: string): string | null {
  const path = /^ipc:\/\/([^@*].*)$/s.exec(endpoint)?.[1];
  return path ?? null;
}

function bindPrivately(socket: Socket, path: string): void {
  // The mask keeps others out from the first moment; chmod repairs what a default ACL of the directory adds.
  const mask = process.umask(0o777 & ~PRIVATE);
  try {
    socket.bindSync(`ipc://${path}`);
  } finally {
    process.umask(mask);
  }
  chmodSync(path, PRIVATE);
}

/** Keeps the host as it was written and takes the port from what was bound: `tcp://*:0` becomes `tcp://*:40123`. */
function boundEndpoint(asked: string, bound: string): string {
  if (!/^tcp:.*:(0|\*|!)$/s.test(asked)) return asked.endsWith("://*") ? bound : asked;
  return asked.slice(0, asked.lastIndexOf(":")) + bound.slice(bound.lastIndexOf(":"));
}

function explain(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return "address already in use; is another circusd running?";
    case "EADDRNOTAVAIL":
    case "ENODEV":
      return "no such address on this host; write an IP address of it, the name of a network interface, or *";
    case "EACCES":
      return "permission denied";
    case "ENAMETOOLONG":
      return "the path is longer than a unix socket's may be; choose a shorter one";
    case "EINVAL":
    case "EPROTONOSUPPORT":
      return "not an endpoint; write tcp://HOST:PORT or ipc://PATH";
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
