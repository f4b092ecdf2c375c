/**
 * Which names the console answers to. A browser can be made to believe that a foreign name belongs to this host (DNS
 * rebinding); a request that names one is not answered.
 */
import { isIP } from "node:net";

export interface HostPolicy {
  /** Where the server listens; a wildcard stands for every address of this host. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Others that are allowed, `NAME` or `NAME:PORT`. */
  readonly allowed: readonly string[];
}

/** A name or address in lower case, without brackets, and a port; null where none is written. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number | null;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;
const WILDCARD = /^(0\.0\.0\.0|::|\*|)$/;

/** Whether only this host can reach what listens there. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host.toLowerCase().replace(/^\[(.*)\]$/, "$1"));
}

/**
 * Reads a Host header; null where it is none.
 * @example `parseHost("[::1]:8080")` is `{ host: "::1", port: 8080 }`
 */
export function parseHost(text: string): HostAndPort | null {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::(\d{1,5}))?$/.exec(text.toLowerCase()) ?? [];
  const host = bracketed ?? plain?.replace(/\.$/, "");
  if (host === undefined || host === "" || (bracketed !== undefined && isIP(bracketed) !== 6)) return null;
  if (port !== undefined && Number(port) > 65_535) return null;
  return { host, port: port === undefined ? null : Number(port) };
}

/**
 * Whether a Host header names this console. Names of the loopback go with any port, as a tunnel has one of its own: what
 * is at another port of the same host is kept out by the check of Origin.
 */
export function isOwnHost(header: string | undefined, { listen, allowed }: HostPolicy): boolean {
  const asked = header === undefined ? null : parseHost(header);
  if (asked === null) return false;
  if (isLoopback(asked.host)) return true;
  if (isAllowed(asked, allowed)) return true;
  const samePort = asked.port === listen.port || (asked.port === null && (listen.port === 80 || listen.port === 443));
  // No name can be made to look like an address.
  if (WILDCARD.test(listen.host)) return samePort && isIP(asked.host) !== 0;
  return samePort && asked.host === listen.host.toLowerCase();
}

/** An entry without a port goes with every port. */
export function isAllowed({ host, port }: HostAndPort, allowed: readonly string[]): boolean {
  return allowed.some((entry) => {
    const known = parseHost(entry.includes(":") && isIP(entry) === 6 ? `[${entry}]` : entry);
    return known !== null && known.host === host && (known.port === null || known.port === port);
  });
}
