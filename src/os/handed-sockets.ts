/**
 * Sockets that whoever started circusd has opened for it, in the way of sd_listen_fds(3): numbers from 3 on, described
 * by LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES. They stay open as long as circusd lives; what is bound to a name is a
 * duplicate, which may come and go with the configuration.
 */
import type { BoundSocket, SocketAddress } from "../core/ports.js";
import { defaultSocket } from "../core/options.js";
import { fail, succeed, type Result } from "../core/result.js";
import type { SocketFamily, SocketSpec, SocketType } from "../core/spec.js";
import { OPTIONS, TYPES, loadSocketCalls, type SocketCalls } from "./native-sockets.js";
import { decodeAddress } from "./socket-address.js";

/** Variables that speak to this process alone. */
export const LISTEN_VARIABLES = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] as const;

export interface HandedSocket {
  readonly fd: number;
  /** What a section of its own would say; the name is in lower case. */
  readonly spec: SocketSpec;
  readonly address: SocketAddress;
}

export interface Handed {
  readonly sockets: readonly HandedSocket[];
  /** What was handed over and is of no use. */
  readonly warnings: readonly string[];
}

export interface Handover {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Pids that stand for this process: its own, and that of the one which put it in the background. */
  readonly pids: readonly number[];
}

const FIRST = 3;
/** More than any system passes: a number beyond it is a slip. */
const MOST = 1024;
/** What systemd calls a socket without a name. */
const NAMELESS = "unknown";

const NOTHING: Handed = { sockets: [], warnings: [] };

/** Numbers of the descriptors that are handed over; none where they are meant for another process. */
export function handedDescriptors({ env, pids }: Handover): readonly number[] {
  const [pid, count] = [env["LISTEN_PID"] ?? "", env["LISTEN_FDS"] ?? ""];
  if (!/^\d+$/.test(pid) || !pids.includes(Number(pid)) || !/^\d{1,4}$/.test(count)) return [];
  return Array.from({ length: Math.min(Number(count), MOST) }, (_, index) => FIRST + index);
}

/** Looks at what was handed over. Of several with one name the second is `NAME-2`, and so on. */
export function readHandedSockets(handover: Handover): Handed {
  const fds = handedDescriptors(handover);
  if (fds.length === 0) return NOTHING;
  const calls = loadSocketCalls();
  const names = (handover.env["LISTEN_FDNAMES"] ?? "").toLowerCase().split(":");
  const sockets: HandedSocket[] = [];
  const warnings: string[] = [];
  for (const [index, fd] of fds.entries()) {
    const wanted = names[index] || NAMELESS;
    const name = freeName(wanted, new Set(sockets.map(({ spec }) => spec.name)));
    const read = readSocket(calls, fd, name);
    if (read.ok) sockets.push(read.value);
    else warnings.push(`Cannot use descriptor ${fd} ("${wanted}"), which was handed over in LISTEN_FDS: ${read.failure}; it is left alone`);
  }
  return { sockets, warnings };
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  let number = 2;
  while (taken.has(`${wanted}-${number}`)) number += 1;
  return `${wanted}-${number}`;
}

function readSocket(calls: SocketCalls, fd: number, name: string): Result<HandedSocket, string> {
  const bytes = calls.getsockname(fd);
  if (!bytes.ok) return fail(bytes.failure === "ENOTSOCK" ? "it is no socket" : `its address cannot be read (${bytes.failure})`);
  const number = calls.getOption(fd, OPTIONS.SO_TYPE);
  const type = number.ok ? typeOf(number.value) : null;
  const decoded = decodeAddress(bytes.value);
  if (type === null || decoded === null) return fail("it is of a family or a type that circusd does not know");
  const listens = calls.getOption(fd, OPTIONS.SO_ACCEPTCONN);
  const connection = type === "SOCK_STREAM" || type === "SOCK_SEQPACKET";
  if (connection && !(listens.ok && listens.value !== 0)) return fail("it does not listen; set Accept=no in its socket unit");
  return succeed({ fd, address: decoded.address, spec: specOf(name, type, decoded) });
}

function specOf(name: string, type: SocketType, { family, address }: { readonly family: SocketFamily; readonly address: SocketAddress }) {
  const spec = { ...defaultSocket(name), family, type };
  return "path" in address ? { ...spec, path: address.path } : { ...spec, ...address };
}

function typeOf(number: number): SocketType | null {
  switch (number) {
    case TYPES.SOCK_STREAM:
      return "SOCK_STREAM";
    case TYPES.SOCK_DGRAM:
      return "SOCK_DGRAM";
    case TYPES.SOCK_SEQPACKET:
      return "SOCK_SEQPACKET";
    case TYPES.SOCK_RAW:
      return "SOCK_RAW";
    default:
      return null;
  }
}

/** Where a section describes a socket that was handed over, both must mean the same kind; the address is the real one. */
export function adoptSocket(
  calls: SocketCalls,
  handed: HandedSocket,
  spec: SocketSpec,
): Result<Pick<BoundSocket, "fd" | "address">, string> {
  const { family, type } = handed.spec;
  if (spec.family !== family || spec.type !== type) {
    const wanted = `family ${spec.family} and type ${spec.type}`;
    const advice = `set family = ${family} and type = ${type} in its section, or change what hands it over`;
    return fail(
      `Cannot take over socket "${spec.name}", handed over in LISTEN_FDS: it is of family ${family} and type ${type}, and its section wants ${wanted}; ${advice}`,
    );
  }
  const copy = calls.duplicate(handed.fd);
  if (!copy.ok) return fail(`Cannot take over socket "${spec.name}", handed over in LISTEN_FDS: ${copy.failure}`);
  calls.setBlocking(copy.value, spec.blocking);
  return succeed({ fd: copy.value, address: handed.address });
}
