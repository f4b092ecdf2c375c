/** Where a server of a circuit is reached: `circuit://HOST:PORT/PID/Q<16 hex>`, Circuit's form. */
import { fail, succeed, type Result } from "../../core/result.js";

export interface Address {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** The program that is meant; null takes whoever listens there (`circuit://HOST:PORT`, added). */
  readonly process: { readonly pid: number; readonly worker: string } | null;
}

const FORM = /^(?:circuit:\/\/)?(?:\[([0-9a-fA-F:.%a-z]+)\]|([^\s/:[\]]+)):(\d{1,5})(?:\/(\d{1,10})\/(Q[0-9a-f]{16}))?\/?$/;

/**
 * Reads an address; `HOST:PORT` alone is one too. The failure says what it should look like.
 * @example `parseAddress("circuit://10.0.0.1:11022/7/Q0123456789abcdef")`
 */
export function parseAddress(text: string): Result<Address, string> {
  const [matched, v6, name, port = "", pid, worker] = FORM.exec(text.trim()) ?? [];
  const host = v6 ?? name;
  const number = Number(port);
  if (matched === undefined || host === undefined || number > 65535) {
    return fail(`"${text}" is no circuit address; write circuit://HOST:PORT/PID/Q… as the server prints it, or circuit://HOST:PORT`);
  }
  return succeed({ host, port: number, process: pid === undefined || worker === undefined ? null : { pid: Number(pid), worker } });
}

/** @example `formatAddress({ host: "::1", port: 1, process: null })` is `circuit://[::1]:1` */
export function formatAddress({ host, port, process }: Address): string {
  const place = `circuit://${hostAndPort(host, port)}`;
  return process === null ? place : `${place}/${process.pid}/${process.worker}`;
}

/** The ZeroMQ endpoint behind an address. @example `tcp://10.0.0.1:11022` */
export function endpointOf({ host, port }: Pick<Address, "host" | "port">): string {
  return `tcp://${hostAndPort(host, port)}`;
}

/** @example `hostAndPort("::1", 80)` is `[::1]:80` */
export function hostAndPort(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
