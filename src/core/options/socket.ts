/** Every option of [socket:NAME] and its default, in the order in which manuals show them. */
import type { SocketSpec } from "../spec.js";
import { fail, succeed } from "../result.js";
import { flag, integer, type Kind, octal, optional, optionalText, parseInteger, text, word } from "./kinds.js";
import { type Option, rowsOf } from "./option.js";

/** A socket of which only the name is known. */
export function defaultSocket(name: string): SocketSpec {
  return { ...DEFAULTS, name };
}

const DEFAULTS: SocketSpec = {
  name: "",
  family: "AF_INET",
  type: "SOCK_STREAM",
  proto: null,
  host: "localhost",
  port: 8080,
  path: null,
  backlog: 2048,
  soReuseport: false,
  interface: null,
  umask: 0o10,
  replace: false,
  blocking: false,
};

const family = word(["AF_INET", "AF_INET6", "AF_UNIX"] as const, "address family");
const type = word(["SOCK_STREAM", "SOCK_DGRAM", "SOCK_SEQPACKET", "SOCK_RAW"] as const, "socket type");

/** The mask is read in octal; where Circus's decimal reading was meant, the message gives the octal form. */
const mask: Kind<number> = {
  ...octal,
  parseText(value) {
    const read = octal.parseText(value);
    if (read.ok) return succeed(read.value);
    const decimal = parseInteger(value);
    if (decimal === null || decimal < 0 || decimal > 0o7777) return fail(read.failure);
    return fail(`${read.failure}; Circus read it as a decimal number, which is ${octalText(decimal)} in octal`);
  },
};

const protocol: Kind<string | number> = {
  label: "name or number",
  parseText: (value) => succeed(parseInteger(value) ?? value.trim()),
  parseWire: (key, value) => (typeof value === "number" ? integer({ min: 0 }).parseWire(key, value) : text.parseWire(key, value)),
  present: (value) => value,
};

const row = rowsOf(DEFAULTS);

export const SOCKET_OPTIONS: readonly Option<SocketSpec>[] = [
  row("host", text, { name: "host", doc: "Host name or address to bind to. Not used by unix sockets." }),
  row("port", integer({ min: 0, max: 65535 }), {
    name: "port",
    doc: "Port to bind to. `0` lets the kernel choose a free one. Not used by unix sockets.",
  }),
  row("path", optionalText, { name: "path", doc: "File of a unix socket. Setting it makes the family `AF_UNIX`." }),
  row("family", family, { name: "family", doc: "Address family: `AF_INET`, `AF_INET6` or `AF_UNIX`." }),
  row("type", type, {
    name: "type",
    doc: "Socket type: `SOCK_STREAM`, `SOCK_DGRAM`, `SOCK_SEQPACKET` or `SOCK_RAW`. Those of the first and the third kind listen.",
  }),
  row("proto", optional(protocol), {
    name: "proto",
    doc: "Protocol by its name in `/etc/protocols`, or by number. Not set, the one that belongs to the type.",
  }),
  row("backlog", integer({ min: 0 }), { name: "backlog", doc: "How many connections may wait to be accepted." }),
  row("umask", mask, { name: "umask", doc: "File mode mask for the file of a unix socket, in octal: `007` keeps others out." }),
  row("replace", flag, {
    name: "replace",
    doc: "Removes a file that stands in the place of a unix socket. Otherwise such a file is an error.",
  }),
  row("interface", optionalText, {
    name: "interface",
    doc: "Network device, such as `eth0`, to which the socket is bound. This needs root or CAP_NET_RAW.",
  }),
  row("soReuseport", flag, {
    name: "so_reuseport",
    doc: "Gives each process a socket of its own on the same address (`SO_REUSEPORT`), so that the kernel spreads connections.",
  }),
  row("blocking", flag, { name: "blocking", doc: "Leaves the socket in blocking mode. Otherwise it does not block." }),
];

/** @example `octalText(18) === "022"` */
export function octalText(mask: number): string {
  return `0${mask.toString(8)}`;
}
