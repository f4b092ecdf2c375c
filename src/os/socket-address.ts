/** Socket addresses as the kernel reads and writes them (struct sockaddr), for AF_INET, AF_INET6 and AF_UNIX. Pure. */
import { SocketAddress as Address } from "node:net";
import { endianness } from "node:os";
import type { SocketAddress } from "../core/ports.js";
import type { SocketFamily } from "../core/spec.js";
import { FAMILIES } from "./native-sockets.js";

/** Bytes that a path may have: sun_path less the closing NUL. */
export const LONGEST_PATH = 107;

/** @param scope index of the network device, for link-local IPv6 addresses; 0 elsewhere */
export interface InternetAddress {
  readonly host: string;
  readonly port: number;
  readonly scope: number;
}

/** @param address numeric, as `dns.lookup` answers it, without a zone */
export function encodeInternet(family: "AF_INET" | "AF_INET6", address: InternetAddress): Buffer {
  if (family === "AF_INET") {
    const bytes = withFamily(Buffer.alloc(16), FAMILIES.AF_INET);
    bytes.writeUInt16BE(address.port, 2);
    bytes.set(address.host.split(".").map(Number), 4);
    return bytes;
  }
  const bytes = withFamily(Buffer.alloc(28), FAMILIES.AF_INET6);
  bytes.writeUInt16BE(address.port, 2);
  groupsOf(address.host).forEach((group, index) => bytes.writeUInt16BE(group, 8 + 2 * index));
  if (endianness() === "LE") bytes.writeUInt32LE(address.scope, 24);
  else bytes.writeUInt32BE(address.scope, 24);
  return bytes;
}

/** @param path at most LONGEST_PATH bytes */
export function encodeUnix(path: string): Buffer {
  return Buffer.concat([withFamily(Buffer.alloc(2), FAMILIES.AF_UNIX), Buffer.from(`${path}\0`)]);
}

/** Reads an address as getsockname(2) writes it; an abstract path begins with `@`. Null for families of other kinds. */
export function decodeAddress(bytes: Buffer): { readonly family: SocketFamily; readonly address: SocketAddress } | null {
  const family = familyOf(endianness() === "LE" ? bytes.readUInt16LE(0) : bytes.readUInt16BE(0));
  switch (family) {
    case null:
      return null;
    case "AF_UNIX": {
      const path = bytes.subarray(2);
      return { family, address: { path: path[0] === 0 ? `@${path.toString("utf8", 1)}` : path.toString().replace(/\0.*$/s, "") } };
    }
    case "AF_INET":
      return { family, address: { host: bytes.subarray(4, 8).join("."), port: decodePort(bytes) } };
    case "AF_INET6": {
      const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(8 + 2 * index).toString(16));
      const { address } = new Address({ address: groups.join(":"), family: "ipv6" });
      return { family, address: { host: address, port: decodePort(bytes) } };
    }
  }
}

/** Port of an AF_INET or AF_INET6 address; both have it at the same place. */
export function decodePort(bytes: Buffer): number {
  return bytes.readUInt16BE(2);
}

/** The same address with another port. */
export function withPort(bytes: Buffer, port: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt16BE(port, 2);
  return changed;
}

function withFamily(bytes: Buffer, family: number): Buffer {
  if (endianness() === "LE") bytes.writeUInt16LE(family, 0);
  else bytes.writeUInt16BE(family, 0);
  return bytes;
}

/** The eight 16-bit groups of a valid IPv6 address: `::` is filled, a dotted tail counts as two groups. */
function groupsOf(host: string): readonly number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host);
  const text = dotted === null ? host : `${dotted[1] ?? ""}${pair(dotted[2], dotted[3])}:${pair(dotted[4], dotted[5])}`;
  const [head = "", tail] = text.split("::");
  const before = numbers(head);
  if (tail === undefined) return before;
  const after = numbers(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function pair(high: string | undefined, low: string | undefined): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}

function numbers(groups: string): readonly number[] {
  return groups === "" ? [] : groups.split(":").map((group) => Number.parseInt(group, 16));
}

/** Families by the numbers that addresses begin with. */
function familyOf(number: number): SocketFamily | null {
  switch (number) {
    case FAMILIES.AF_INET:
      return "AF_INET";
    case FAMILIES.AF_INET6:
      return "AF_INET6";
    case FAMILIES.AF_UNIX:
      return "AF_UNIX";
    default:
      return null;
  }
}
