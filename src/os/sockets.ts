/**
 * The sockets of a configuration: created, bound and listening in the daemon, handed to workers by number.
 *
 * A plain socket is one open socket that all workers share. With `so_reuseport` every lease is a socket of
 * its own on the same address, and the kernel spreads what arrives over those that listen. One that listens
 * here while nobody accepts from it would starve its share of clients, so the daemon's own socket is the
 * first lease: until then it queues what comes (and wakes on_demand), afterwards a socket that receives
 * nothing stands in its place and, for streams, keeps the port.
 */
import { lstatSync, unlinkSync } from "node:fs";
import type { BoundSocket, SocketAddress, Sockets } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";
import type { SocketSpec } from "../core/spec.js";
import { makeActivity, type Activity } from "./activity.js";
import { FAMILIES, loadSocketCalls, OPTIONS, TYPES, type Errno, type SocketCalls } from "./native-sockets.js";
import { decodePort, withPort } from "./socket-address.js";
import { bindFailure, explain, type BindStep } from "./socket-failure.js";
import { findPlace, type Place } from "./socket-place.js";
import { protocolNumber } from "./socket-protocol.js";

interface Tools {
  readonly calls: SocketCalls;
  readonly activity: Activity;
}

/** A socket to be opened: where, and as what. */
interface Plan {
  readonly spec: SocketSpec;
  readonly protocol: number;
  readonly place: Place;
}

/** `receives`: bound and listening; `reserves`: holds the port of a stream socket, refuses clients; `idle`: not bound. */
type Role = "receives" | "reserves" | "idle";

/**
 * Makes the sockets of this host; the system calls are bound here, once.
 *
 * @param options `calls` replaces the system calls, for tests
 * @example
 * const bound = await createSockets().bind(spec);
 * if (bound.ok) spawnWith(bound.value.fd); else log.error(bound.failure);
 */
export function createSockets(options: { readonly calls?: SocketCalls } = {}): Sockets {
  const calls = options.calls ?? loadSocketCalls();
  const tools: Tools = { calls, activity: makeActivity(calls) };
  return {
    bind: async (spec) => {
      const bound = await bindSocket(tools, spec);
      return bound.ok ? bound : fail(bindFailure(spec, bound.failure));
    },
    onActivity: (fds, ready) => tools.activity.on(fds, ready),
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
  return succeed(makeReuseport(tools, { plan, fd, address }));
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

function makeReuseport(tools: Tools, made: { readonly plan: Plan; readonly fd: number; readonly address: SocketAddress }): BoundSocket {
  const { plan, address } = made;
  const { spec } = plan;
  let own: { readonly fd: number; readonly receives: boolean } = { fd: made.fd, receives: true };
  let open = true;

  const openAnother = (role: Role): Result<number, string> => {
    const opened = openSocket(tools.calls, plan, role);
    return opened.ok ? opened : fail(`Cannot open another socket for "${spec.name}": ${opened.failure}`);
  };
  const hand = (fd: number): Result<{ readonly fd: number; readonly release: () => void }, string> => {
    let held = true;
    const release = (): void => {
      if (held) tools.calls.close(fd);
      held = false;
    };
    return succeed({ fd, release });
  };
  return {
    spec,
    get fd() {
      return own.fd;
    },
    address,
    lease: () => {
      if (!open) return fail(`Cannot lease socket "${spec.name}": it is closed`);
      if (!own.receives) {
        const fresh = openAnother("receives");
        return fresh.ok ? hand(fresh.value) : fresh;
      }
      const standIn = openAnother(spec.type === "SOCK_STREAM" ? "reserves" : "idle");
      if (!standIn.ok) return standIn;
      const first = own.fd;
      tools.activity.forget(first);
      own = { fd: standIn.value, receives: false };
      return hand(first);
    },
    close: () => {
      if (!open) return;
      open = false;
      tools.activity.forget(own.fd);
      tools.calls.close(own.fd);
    },
  };
}

/** Opens one socket; on a failure nothing of it stays open. The failure is the reason alone. */
function openSocket(calls: SocketCalls, plan: Plan, role: Role): Result<number, string> {
  const { spec, protocol, place } = plan;
  const made = calls.socket({ family: FAMILIES[spec.family], type: TYPES[spec.type], protocol, blocking: spec.blocking });
  if (!made.ok) return fail(explain(spec, "socket", made.failure));
  const fd = made.value;
  for (const { step, run } of stepsOf(calls, plan, role)) {
    const done = run(fd);
    if (done.ok) continue;
    calls.close(fd);
    if (step === "listen" && place.kind === "path") removeFile(place.path);
    return fail(explain(spec, step, done.failure));
  }
  return succeed(fd);
}

interface Step {
  readonly step: BindStep;
  readonly run: (fd: number) => Result<void, Errno>;
}

function stepsOf(calls: SocketCalls, plan: Plan, role: Role): readonly Step[] {
  const { spec, place } = plan;
  const steps: Step[] = [{ step: "socket", run: (fd) => calls.enable(fd, OPTIONS.SO_REUSEADDR) }];
  if (spec.soReuseport && place.kind === "internet") steps.push({ step: "socket", run: (fd) => calls.enable(fd, OPTIONS.SO_REUSEPORT) });
  const device = spec.interface;
  if (device !== null && place.kind === "internet") steps.push({ step: "interface", run: (fd) => calls.bindToDevice(fd, device) });
  if (role === "idle") return steps;
  steps.push({ step: "bind", run: (fd) => (place.kind === "path" ? bindWithUmask(calls, fd, plan) : calls.bind(fd, place.bytes)) });
  if (role === "receives" && (spec.type === "SOCK_STREAM" || spec.type === "SOCK_SEQPACKET")) {
    steps.push({ step: "listen", run: (fd) => calls.listen(fd, spec.backlog) });
  }
  return steps;
}

/** The mode of a unix socket's file comes from the umask of this process alone, so it is set for that one call. */
function bindWithUmask(calls: SocketCalls, fd: number, plan: Plan): Result<void, Errno> {
  const before = process.umask(plan.spec.umask);
  try {
    return calls.bind(fd, plan.place.bytes);
  } finally {
    process.umask(before);
  }
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

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone already, or the directory is closed to us: there is nothing left that we could remove.
  }
}
