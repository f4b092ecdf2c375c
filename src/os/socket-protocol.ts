/** Protocol numbers by name, as getprotobyname(3) finds them: /etc/protocols first, then the usual ones. */
import { readFileSync } from "node:fs";

/** For hosts without /etc/protocols, as slim containers are. */
const USUAL: Readonly<Record<string, number>> = {
  ip: 0,
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  egp: 8,
  udp: 17,
  ipv6: 41,
  rsvp: 46,
  gre: 47,
  esp: 50,
  ah: 51,
  "ipv6-icmp": 58,
  icmpv6: 58,
  ospf: 89,
  pim: 103,
  vrrp: 112,
  l2tp: 115,
  sctp: 132,
  udplite: 136,
  mptcp: 262,
  raw: 255,
};

/**
 * Looks a protocol up by name, alias or number; case does not matter.
 * @returns null where there is none of that name
 * @example `protocolNumber("icmp")` is 1
 */
export function protocolNumber(protocol: string | number): number | null {
  if (typeof protocol === "number") return protocol;
  const name = protocol.trim().toLowerCase();
  if (/^\d+$/.test(name)) return Number(name);
  return parseProtocols(readProtocols()).get(name) ?? (Object.hasOwn(USUAL, name) ? (USUAL[name] ?? null) : null);
}

/** Reads the text of a protocols(5) file: `name number alias… # comment` in each line. */
export function parseProtocols(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name, number, ...aliases] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (name === undefined || number === undefined || !/^\d+$/.test(number)) continue;
    for (const key of [name, ...aliases]) if (!found.has(key.toLowerCase())) found.set(key.toLowerCase(), Number(number));
  }
  return found;
}

function readProtocols(): string {
  try {
    return readFileSync("/etc/protocols", "utf8");
  } catch {
    return "";
  }
}
