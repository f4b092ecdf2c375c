/** Texts of what goes wrong with a socket: what was attempted, why it failed, what to do. Pure but for errno's own texts. */
import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";
import type { SocketSpec } from "../core/spec.js";
import type { Errno } from "./native-sockets.js";

/** Where the socket is to be: `127.0.0.1:80`, `[::1]:80`, `"/run/web.sock"`. */
export function describePlace(spec: SocketSpec): string {
  if (spec.family === "AF_UNIX") return `"${spec.path ?? ""}"`;
  return spec.host.includes(":") ? `[${spec.host}]:${spec.port}` : `${spec.host}:${spec.port}`;
}

/** @example `Cannot bind socket "web" to 127.0.0.1:80: permission denied; …` */
export function bindFailure(spec: SocketSpec, reason: string): string {
  return `Cannot bind socket "${spec.name}" to ${describePlace(spec)}: ${reason}`;
}

/** The step that failed: creating the socket, setting `interface`, binding, listening. */
export type BindStep = "socket" | "interface" | "bind" | "listen";

/** What an errno means at that step, and what to do about it. */
export function explain(spec: SocketSpec, step: BindStep, errno: Errno): string {
  if (step === "interface") return explainInterface(spec, errno);
  if (step === "socket") return explainSocket(spec, errno);
  return spec.family === "AF_UNIX" ? explainPath(errno) : explainAddress(spec, errno);
}

function explainInterface(spec: SocketSpec, errno: Errno): string {
  switch (errno) {
    case "ENODEV":
      return `no such network device "${spec.interface ?? ""}"; "ip link" lists those there are`;
    case "EPERM":
      return `binding to the network device "${spec.interface ?? ""}" is not permitted; run circusd as root or with CAP_NET_RAW`;
    default:
      return `cannot use the network device "${spec.interface ?? ""}": ${plain(errno)}`;
  }
}

function explainSocket(spec: SocketSpec, errno: Errno): string {
  switch (errno) {
    case "EPERM":
    case "EACCES":
      return `a socket of type ${spec.type} is not permitted; run circusd as root or with CAP_NET_RAW`;
    case "EPROTONOSUPPORT":
    case "ESOCKTNOSUPPORT":
    case "EPROTOTYPE":
      return `this kernel has no socket of family ${spec.family}, type ${spec.type} and proto "${spec.proto ?? "default"}"; set another type or proto`;
    case "EAFNOSUPPORT":
      return `this kernel has no ${spec.family}; set another family`;
    default:
      return explainCommon(errno);
  }
}

function explainPath(errno: Errno): string {
  switch (errno) {
    case "EADDRINUSE":
      return "a file stands there already; remove it, or set replace = True";
    case "ENOENT":
      return "no such directory; create it first";
    case "ENOTDIR":
      return "a part of the path is no directory";
    case "EACCES":
    case "EPERM":
      return "permission denied; circusd needs the right to write to the directory";
    case "EROFS":
      return "the file system is read-only; set another path";
    default:
      return explainCommon(errno);
  }
}

function explainAddress(spec: SocketSpec, errno: Errno): string {
  switch (errno) {
    case "EADDRINUSE":
      return `address in use; another program listens there ("ss -lnp" shows which), stop it or set another port`;
    case "EACCES":
      return spec.port > 0 && spec.port < 1024
        ? "permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE"
        : "permission denied; the address or the port is not allowed to this user";
    case "EADDRNOTAVAIL":
      return `no network device of this host has that address; "ip address" lists those there are`;
    default:
      return explainCommon(errno);
  }
}

function explainCommon(errno: Errno): string {
  switch (errno) {
    case "EMFILE":
      return `too many open files; raise the limit of circusd ("ulimit -n")`;
    case "ENFILE":
      return "too many open files on this host; raise fs.file-max";
    default:
      return plain(errno);
  }
}

/** The system's own words, in our form: `no buffer space available (ENOBUFS)`. */
function plain(errno: Errno): string {
  for (const [name, number] of Object.entries(constants.errno)) {
    if (name !== errno) continue;
    const text = getSystemErrorMap().get(-number)?.[1];
    if (text !== undefined) return `${text} (${errno})`;
  }
  return errno;
}
