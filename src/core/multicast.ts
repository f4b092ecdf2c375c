/** Multicast addresses as Circus writes them: `udp://237.219.251.97:12027`. */

export interface MulticastGroup {
  /** An IPv4 address from 224.0.0.0 to 239.255.255.255. */
  readonly host: string;
  readonly port: number;
}

/** Where Circus's daemons answer unless told otherwise. */
export const CIRCUS_GROUP = "udp://237.219.251.97:12027";

/**
 * Reads such an address.
 * @returns null where it is none
 * @example `parseMulticast("udp://237.219.251.97:12027")` is `{ host: "237.219.251.97", port: 12027 }`
 */
export function parseMulticast(text: string): MulticastGroup | null {
  const [, host = "", port = ""] = /^udp:\/\/((?:\d{1,3}\.){3}\d{1,3}):(\d{1,5})\/?$/.exec(text.trim()) ?? [];
  const bytes = host.split(".").map(Number);
  const [first = 0] = bytes;
  if (first < 224 || first > 239 || bytes.some((byte) => byte > 255)) return null;
  const number = Number(port);
  return number >= 1 && number <= 65535 ? { host: bytes.join("."), port: number } : null;
}
