/** Where a server of a circuit binds and what it tells others, from what was asked for and what this host has. */
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { fail, succeed, type Result } from "../core/result.js";

export interface ListenPlace {
  /** To bind. */
  readonly host: string;
  readonly port: number;
  /** What others are told, before the port is known where that is 0. */
  readonly advertised: { readonly host: string; readonly port: number | null };
  /** Why it is not what was asked for; null where it is. */
  readonly warning: string | null;
}

interface Asked {
  readonly host: string;
  readonly port: number;
  readonly advertise: { readonly host: string; readonly port: number | null } | null;
  /** Whether there is a key: without one only this host may reach the server. */
  readonly hasKey: boolean;
}

/** The failure says why no such place can be bound, such as a name that nobody knows. */
export async function listenPlace({ host, port, advertise, hasKey }: Asked): Promise<Result<ListenPlace, string>> {
  const wild = host === "0.0.0.0" || host === "::" || host === "*" || host === "";
  const found = wild ? null : await lookup(host).catch(() => null);
  if (!wild && found === null) return fail(`Cannot listen at "${host}": no such host; write an address of this host`);
  if (!hasKey && (found === null || !isLoopback(found.address))) {
    const local = found?.family === 6 || host === "::" ? "::1" : "127.0.0.1";
    return succeed({
      host: local,
      port,
      advertised: { host: local, port: null },
      warning: `Listening at ${local} alone and not at ${wild ? "all addresses" : host}: without a key file everybody who reaches the port could run commands; make a key with "circuit keygen" and give its file`,
    });
  }
  const bound = found?.address ?? (host === "::" ? "::" : "0.0.0.0");
  return succeed({ host: bound, port, advertised: advertise ?? { host: found?.address ?? firstAddress(), port: null }, warning: null });
}

/** The address of a network device, as `circuit start -if` takes it; the failure lists those there are. */
export function addressOfDevice(name: string): Result<string, string> {
  const devices = networkInterfaces();
  const addresses = devices[name];
  if (addresses === undefined) return fail(`No network device "${name}" has an address; there are ${Object.keys(devices).join(", ")}`);
  const chosen = addresses.find(({ family }) => family === "IPv4") ?? addresses[0];
  return chosen === undefined ? fail(`The network device "${name}" has no address`) : succeed(chosen.address);
}

/** Of the whole loopback network of IPv4 and of IPv6. */
export function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\./.test(address) || address === "::1";
}

/** The first that others may reach. */
function firstAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outside = all.find(({ internal, family }) => !internal && family === "IPv4") ?? all.find(({ internal }) => !internal);
  return outside?.address ?? "127.0.0.1";
}
