/**
 * The sockets of a configuration: created, bound and listening in the daemon, handed to workers by number. A plain
 * socket is one open socket that all workers share; those with so_reuseport are `reuseport.ts`.
 */
import { lstatSync } from "node:fs";
import type { BoundSocket, Cancel, SocketAddress, Sockets } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";
import type { SocketSpec } from "../core/spec.js";
import { makeActivity, type Activity } from "./activity.js";
import { adoptSocket, type HandedSocket } from "./handed-sockets.js";
import { loadSocketCalls, type SocketCalls } from "./native-sockets.js";
import { ReuseportSocket } from "./reuseport.js";
import { decodePort, withPort } from "./socket-address.js";
import { bindFailure } from "./socket-failure.js";
import { openSocket, removeFile, type Plan } from "./socket-open.js";
import { findPlace } from "./socket-place.js";
import { protocolNumber } from "./socket-protocol.js";

interface Tools {
  readonly calls: SocketCalls;
  readonly activity: Activity;
  /** Open ones whose stand-in receives only while it is watched. */
  readonly spreading: Set<ReuseportSocket>;
}

/**
 * Makes the sockets of this host; the system calls are bound here, once.
 *
 * @param options `handed` are sockets to take in place of binding those of the same name; `calls` replaces the system
 * calls, for tests
 * @example
 * const bound = await createSockets().bind(spec);
 * if (bound.ok) spawnWith(bound.value.fd); else log.error(bound.failure);
 */
export function createSockets(options: { readonly calls?: SocketCalls; readonly handed?: readonly HandedSocket[] } = {}): Sockets {
  const calls = options.calls ?? loadSocketCalls();
  const handed = new Map(options.handed?.map((socket) => [socket.spec.name, socket]));
  const tools: Tools = { calls, activity: makeActivity(calls), spreading: new Set() };
  return {
    bind: async (spec) => {
      const given = handed.get(spec.name);
      if (given !== undefined) {
        const adopted = adoptSocket(calls, given, spec);
        return adopted.ok ? succeed(makeShared(tools, { spec, ...adopted.value, file: null })) : adopted;
      }
      const bound = await bindSocket(tools, spec);
      return bound.ok ? bound : fail(bindFailure(spec, bound.failure));
    },
    onActivity: (fds, ready) => watch(tools, fds, ready),
  };
}

function watch({ activity, spreading }: Tools, fds: readonly number[], ready: (fd: number) => void): Cancel {
  const watched: number[] = [];
  const ends: ((active: boolean) => void)[] = [];
  for (const fd of fds) {
    const socket = [...spreading].find((each) => each.fd === fd);
    const end = socket?.watch();
    if (end === null) continue;
    watched.push(fd);
    if (end !== undefined) ends.push(end);
  }
  const cancel = activity.on(watched, (fd) => {
    for (const end of ends) end(true);
    ready(fd);
  });
  return () => {
    cancel();
    for (const end of ends) end(false);
  };
}

async function bindSocket(tools: Tools, spec: SocketSpec): Promise<Result<BoundSocket, string>> {
  const protocol = spec.proto === null ? 0 : protocolNumber(spec.proto);
  if (protocol === null) return fail(`unknown proto "${spec.proto ?? ""}"; set a name of /etc/protocols or a number`);
  if (spec.type === "SOCK_RAW" && protocol === 0 && spec.family !== "AF_UNIX") {
    return fail("a socket of type SOCK_RAW needs a proto; set one, such as icmp");
  }
  const place = await findPlace(spec);
  if (!place.ok) return place;
  const opened = openSocket(tools.calls, { spec, protocol, place: place.value }, "receives");
  if (!opened.ok) return opened;
  const fd = opened.value;
  if (place.value.kind === "path") {
    const file = { path: place.value.path, identity: identify(place.value.path) };
    return succeed(makeShared(tools, { spec, fd, address: { path: spec.path ?? "" }, file }));
  }

  const name = tools.calls.getsockname(fd);
  if (!name.ok) {
    tools.calls.close(fd);
    return fail(`cannot read its address back: ${name.failure}`);
  }
  const port = decodePort(name.value);
  const address: SocketAddress = { host: place.value.host, port };
  const spreads = spec.soReuseport && (spec.type === "SOCK_STREAM" || spec.type === "SOCK_DGRAM");
  if (!spreads) return succeed(makeShared(tools, { spec, fd, address, file: null }));
  const plan: Plan = { spec, protocol, place: { ...place.value, bytes: withPort(place.value.bytes, port) } };
  return succeed(new ReuseportSocket(tools, { plan, fd, address }));
}

interface Shared {
  readonly spec: SocketSpec;
  readonly fd: number;
  readonly address: SocketAddress;
  /** The file of a unix socket: its absolute path, and which file it was when we made it. */
  readonly file: { readonly path: string; readonly identity: string | null } | null;
}

function makeShared(tools: Tools, made: Shared): BoundSocket {
  const { spec, fd, address, file } = made;
  let open = true;
  return {
    spec,
    fd,
    address,
    lease: () => (open ? succeed({ fd, release: () => undefined }) : fail(`Cannot lease socket "${spec.name}": it is closed`)),
    close: () => {
      if (!open) return;
      open = false;
      if (file !== null && identify(file.path) === file.identity) removeFile(file.path);
      tools.activity.forget(fd);
      tools.calls.close(fd);
    },
  };
}

/** Device and inode of a file; null where there is none that can be seen. */
function identify(path: string): string | null {
  try {
    const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? null : `${found.dev}:${found.ino}`;
  } catch {
    return null;
  }
}
