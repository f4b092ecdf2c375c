/** Binding a socket and letting go of it, with answers to what libzmq leaves open: who holds a path, and when it is free again. */
import { chmodSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { NetConnectOpts } from "node:net";
import type { Socket } from "zeromq";
import { claimPath, holdPath, isAnswered } from "./unix-path.js";

const LINGER = 500;

/** Only the daemon's own user may connect to a unix socket, until `main` gives it to an owner. */
const PRIVATE = 0o600;

export interface Binding {
  /** What the endpoint is called in messages: `control endpoint`. */
  readonly what: string;
  readonly endpoint: string;
  /** Milliseconds for which what was sent already may still leave after the socket is closed. @default 500 */
  readonly linger?: number;
}

export interface Bound {
  /** With the port or path that was really taken. */
  readonly endpoint: string;
  /**
   * Closes the socket. When this has resolved its endpoint can be bound again: libzmq closes the listener in a
   * thread of its own, later than the socket's `close()` returns.
   */
  close(): Promise<void>;
}

/**
 * Binds the socket; where that fails it is closed.
 * @throws Error that names the endpoint, the cause and what to do.
 */
export async function bind(socket: Socket, { what, endpoint, linger = LINGER }: Binding): Promise<Bound> {
  const path = pathOf(endpoint);
  let release = async (): Promise<void> => {};
  try {
    if (path === null) socket.bindSync(endpoint);
    else {
      await claimPath(path);
      bindPrivately(socket, path);
      release = await holdPath(path);
    }
  } catch (cause) {
    socket.close();
    throw new Error(`Cannot bind ${what} "${endpoint}": ${explain(cause)}`, { cause });
  }
  let closing: Promise<void> | null = null;
  return {
    endpoint: boundEndpoint(endpoint, socket.lastEndpoint ?? endpoint),
    close: () => (closing ??= closed(socket, linger).then(release)),
  };
}

async function closed(socket: Socket, linger: number): Promise<void> {
  const { lastEndpoint } = socket;
  socket.linger = linger;
  if (lastEndpoint !== null) {
    // To libzmq this is zmq_unbind under its other name. `unbindSync()` binds a second time (zeromq 6.8.0) and `unbind()`
    // uses the socket from another thread while a receive is pending. To watch the socket's events instead is no way:
    // libzmq blocks for ever when their reader is gone first.
    socket.disconnect(lastEndpoint);
    await untilSilent(lastEndpoint);
  }
  socket.close();
}

/** Waits until nobody listens at the endpoint any more; gives up after a second, for another may listen there by now. */
async function untilSilent(endpoint: string): Promise<void> {
  const address = addressOf(endpoint);
  for (let attempt = 0; address !== null && attempt < 200; attempt += 1) {
    if (!(await isAnswered(address))) return;
    await setTimeout(5);
  }
}

function addressOf(endpoint: string): NetConnectOpts | null {
  const path = pathOf(endpoint);
  if (path !== null) return { path };
  const [, host, port] = /^tcp:\/\/\[?(.+?)\]?:(\d+)$/.exec(endpoint) ?? [];
  if (host === undefined) return null;
  const local = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return { host: local, port: Number(port) };
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
