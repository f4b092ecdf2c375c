/** Finds the place that a socket is to be bound to: host names are looked up, the path of a unix socket is made free. */
import { lookup } from "node:dns/promises";
import { lstatSync, unlinkSync, type Stats } from "node:fs";
import { networkInterfaces } from "node:os";
import { resolve } from "node:path";
import { fail, succeed, type Result } from "../core/result.js";
import type { SocketSpec } from "../core/spec.js";
import { encodeInternet, encodeUnix, LONGEST_PATH } from "./socket-address.js";

/** `bytes` is the address as bind(2) takes it. */
export type Place =
  | { readonly kind: "internet"; readonly bytes: Buffer; readonly host: string }
  | { readonly kind: "path"; readonly bytes: Buffer; readonly path: string };

/** The failure is the reason alone: `unknown host "nowhere"; …`. */
export async function findPlace(spec: SocketSpec): Promise<Result<Place, string>> {
  return spec.family === "AF_UNIX" ? findPath(spec) : findHost(spec, spec.family);
}

async function findHost(spec: SocketSpec, family: "AF_INET" | "AF_INET6"): Promise<Result<Place, string>> {
  if (!Number.isInteger(spec.port) || spec.port < 0 || spec.port > 65535) return fail("no such port; set one from 0 to 65535");
  const [name = "", zone] = spec.host.split("%");
  const host = await lookUp(name, family);
  if (!host.ok) return host;
  const scope = zone === undefined ? 0 : scopeOf(zone);
  if (scope === null) return fail(`no such network device "${zone ?? ""}"; "ip link" lists those there are`);
  return succeed({ kind: "internet", bytes: encodeInternet(family, { host: host.value, port: spec.port, scope }), host: host.value });
}

async function lookUp(host: string, family: "AF_INET" | "AF_INET6"): Promise<Result<string, string>> {
  const version = family === "AF_INET" ? 4 : 6;
  if (host === "") return fail(`no host; set one, such as ${version === 4 ? "127.0.0.1 or 0.0.0.0" : "::1 or ::"}`);
  try {
    const found = await lookup(host, { family: version });
    if (found.family === version) return succeed(found.address);
    return fail(`"${host}" is an IPv${found.family} address; set family = ${found.family === 4 ? "AF_INET" : "AF_INET6"}`);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "no answer";
    return fail(`unknown host "${host}" for ${family} (${code}); set a name that this host can resolve, or an address`);
  }
}

/** Index of a network device by its name or number; null where there is none. */
function scopeOf(zone: string): number | null {
  if (/^\d+$/.test(zone)) return Number(zone);
  for (const address of networkInterfaces()[zone] ?? []) if (address.family === "IPv6" && address.scopeid > 0) return address.scopeid;
  return null;
}

function findPath(spec: SocketSpec): Result<Place, string> {
  const path = spec.path ?? "";
  if (path === "" || path.includes("\0")) return fail("a socket of family AF_UNIX needs a path; set one");
  const size = Buffer.byteLength(path);
  if (size > LONGEST_PATH) return fail(`the path has ${size} bytes and the kernel takes at most ${LONGEST_PATH}; set a shorter one`);
  const free = makeFree(path, spec.replace);
  if (!free.ok) return free;
  // The address is bound as written, so that clients see the same; the absolute path still holds after a chdir.
  return succeed({ kind: "path", bytes: encodeUnix(path), path: resolve(path) });
}

function makeFree(path: string, replace: boolean): Result<void, string> {
  try {
    const file: Stats | undefined = lstatSync(path, { throwIfNoEntry: false });
    if (file === undefined) return succeed(undefined);
    if (replace) {
      unlinkSync(path);
      return succeed(undefined);
    }
    if (!file.isSocket()) return fail("a file that is no socket stands there; remove it, or set another path");
    return fail("the file exists already, and another program may be listening; remove it if it is stale, or set replace = True");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return fail(`cannot ${replace ? "remove" : "look at"} what stands there (${code}); remove it, or set another path`);
  }
}
