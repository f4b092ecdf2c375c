/** circushttpd's command line. */
import type { Pid } from "../core/ports.js";
import { ARBITER_DEFAULTS } from "../core/options.js";
import { fail, succeed, type Result } from "../core/result.js";
import * as line from "./command-line.js";
import { CIRCUSD_OPTION, LOG_OPTIONS, readCircusd, readLog, type LogSettings } from "./helper-options.js";

/** May look, or may do everything. */
export type UserRole = "read" | "admin";

export interface NamedEndpoint {
  readonly id: string;
  readonly endpoint: string;
}

export interface WebSettings extends LogSettings {
  readonly daemons: readonly NamedEndpoint[];
  readonly host: string;
  readonly port: number;
  /** A socket that listens already. */
  readonly fd: number | null;
  /** The circusd to end with; null where it was started by hand. */
  readonly circusd: Pid | null;
  readonly allowedHosts: readonly string[];
  readonly passwordFile: string | null;
  readonly tokenFile: string | null;
  readonly certfile: string | null;
  readonly keyfile: string | null;
  /** `user@host:port` */
  readonly ssh: string | null;
}

export type WebCommand =
  | { readonly kind: "help" | "version" }
  | { readonly kind: "misused"; readonly message: string }
  | { readonly kind: "add-user"; readonly name: string; readonly role: UserRole; readonly file: string }
  | { readonly kind: "add-token"; readonly role: UserRole; readonly file: string }
  | { readonly kind: "start"; readonly settings: WebSettings };

/** In the order of the help. */
export const OPTIONS: readonly line.Option[] = [
  { name: "help", short: "h", value: null, help: "show this help message and exit" },
  {
    name: "endpoint",
    value: "[NAME=]ENDPOINT",
    help: `control endpoint of a circusd, with a name for the page; may be repeated; ${ARBITER_DEFAULTS.endpoint} by default`,
    detail: `The control endpoint of a circusd, with a name for the page. May be repeated. The default is ${ARBITER_DEFAULTS.endpoint}, under the name \`local\`.`,
  },
  { name: "host", value: "HOST", help: `address to listen at; ${ARBITER_DEFAULTS.httpdHost} by default` },
  { name: "port", value: "PORT", help: `port to listen at; ${ARBITER_DEFAULTS.httpdPort} by default, 0 for any` },
  { name: "fd", value: "FD", help: "listen at this inherited socket; --host then only tells what its address is" },
  CIRCUSD_OPTION,
  {
    name: "allow-host",
    value: "HOST",
    help: "another name under which browsers reach the console, such as that of a proxy; may be repeated",
    detail: "Another name under which browsers reach the console, such as that of a proxy, with or without a port. May be repeated.",
  },
  {
    name: "password-file",
    value: "FILE",
    help: "users who may log in; --add-user writes it",
    detail: "The users who may log in, one a line; --add-user writes it. The file is read again when it changes.",
  },
  {
    name: "token-file",
    value: "FILE",
    help: "tokens with which programs may ask; --add-token writes it",
    detail:
      "The hashes of the tokens with which programs may ask, one a line; --add-token writes it. The file is read again when it changes.",
  },
  { name: "certfile", value: "FILE", help: "certificate in PEM, with those above it; the console is then served over TLS" },
  { name: "keyfile", value: "FILE", help: "private key of the certificate in PEM" },
  {
    name: "add-user",
    value: "NAME",
    help: "ask for a password, write it to --password-file in place of the user's former one, and exit",
    detail:
      "Ask for a password, twice on a terminal, or read it as one line from standard input; write its hash to --password-file in place of the user's former one; exit.",
  },
  { name: "add-token", value: null, help: "make a token, write its hash to --token-file, print it, and exit" },
  { name: "role", value: "{read,admin}", help: "what the new user or token may do: look, or everything; read by default" },
  ...LOG_OPTIONS,
  { name: "ssh", value: "SSH", help: "reach the endpoints through ssh to user@host:port" },
  { name: "version", value: null, help: "display the version and exit" },
];

const FORM: line.Form = {
  program: "circushttpd",
  description: "Serve the web console of circusd.",
  options: OPTIONS,
};

const ROLES: readonly UserRole[] = ["read", "admin"];

/** How a daemon is called that was given no name. */
const LOCAL = "local";

/** Reads the arguments after the program's name. A long option may be cut short while it stays unique. */
export function parseCommand(args: readonly string[]): WebCommand {
  const read = line.readArguments(OPTIONS, args);
  if (!read.ok) return misused(read.failure);
  const given = read.value;
  if (given.has("help")) return { kind: "help" };
  if (given.incomplete !== null) return misused(given.incomplete);
  const extra = [...given.unknown, ...given.positionals];
  if (extra.length > 0) return misused(`unrecognized arguments: ${extra.join(" ")}`);
  if (given.has("version")) return { kind: "version" };
  if (given.has("add-user") || given.has("add-token")) return addition(given);
  if (given.has("role")) return misused("argument --role: only with --add-user or --add-token");
  const settings = settingsOf(given);
  return settings.ok ? { kind: "start", settings: settings.value } : misused(settings.failure);
}

function addition(given: line.Arguments): WebCommand {
  const word = given.value("role") ?? "read";
  const role = ROLES.find((one) => one === word);
  if (role === undefined) return misused(line.invalidChoice("role", word, ROLES));
  const name = given.value("add-user");
  if (name === null) {
    const file = given.value("token-file");
    return file === null ? misused("argument --add-token: name the file with --token-file") : { kind: "add-token", role, file };
  }
  if (given.has("add-token")) return misused("argument --add-token: not together with --add-user");
  const file = given.value("password-file");
  if (file === null) return misused("argument --add-user: name the file with --password-file");
  // The file has a user a line, and a colon between the fields.
  if (!/^[^\s:#][^:\p{Cc}]*$/u.test(name))
    return misused(`argument --add-user: invalid name: '${name}' (no colon, no # and no space at its beginning)`);
  return { kind: "add-user", name, role, file };
}

function settingsOf(given: line.Arguments): Result<WebSettings, string> {
  const log = readLog(given);
  if (!log.ok) return log;
  const port = numberOf(given.value("port") ?? String(ARBITER_DEFAULTS.httpdPort), 65_535);
  if (port === null) return fail(`argument --port: invalid port: '${given.value("port") ?? ""}' (a number from 0 to 65535)`);
  const fdText = given.value("fd");
  const fd = fdText === null ? null : numberOf(fdText, 1_000_000);
  if (fdText !== null && fd === null) return fail(`argument --fd: invalid descriptor: '${fdText}'`);
  const circusd = readCircusd(given);
  if (!circusd.ok) return circusd;
  if (given.has("certfile") !== given.has("keyfile")) return fail("argument --certfile: goes together with --keyfile");
  const daemons = daemonsOf(given.values("endpoint"));
  if (!daemons.ok) return daemons;
  return succeed({
    daemons: daemons.value,
    host: (given.value("host") ?? ARBITER_DEFAULTS.httpdHost).replace(/^\[(.*)\]$/, "$1"),
    port,
    fd,
    circusd: circusd.value,
    allowedHosts: given.values("allow-host"),
    passwordFile: given.value("password-file"),
    tokenFile: given.value("token-file"),
    certfile: given.value("certfile"),
    keyfile: given.value("keyfile"),
    ...log.value,
    ssh: given.value("ssh"),
  });
}

function daemonsOf(values: readonly string[]): Result<readonly NamedEndpoint[], string> {
  const daemons: NamedEndpoint[] = [];
  for (const value of values.length === 0 ? [ARBITER_DEFAULTS.endpoint] : values) {
    const [, name, endpoint = ""] = /^(?:([A-Za-z0-9._-]+)=)?(.*)$/s.exec(value) ?? [];
    if (!/^(tcp:\/\/.+:\d+|ipc:\/\/.+)$/s.test(endpoint)) {
      return fail(
        `argument --endpoint: invalid endpoint: '${value}' (write tcp://HOST:PORT or ipc://PATH, after NAME= where it is to have a name)`,
      );
    }
    if (name !== undefined && daemons.some(({ id }) => id === name)) return fail(`argument --endpoint: the name '${name}' is given twice`);
    daemons.push({ id: name ?? freeName(endpoint, daemons), endpoint });
  }
  return succeed(daemons);
}

/** The first is local; others are called as their host, numbered where that is taken. */
function freeName(endpoint: string, taken: readonly NamedEndpoint[]): string {
  const host = /^tcp:\/\/(.+):\d+$/.exec(endpoint)?.[1]?.replace(/[^A-Za-z0-9._-]/g, "-");
  const base = host === undefined || /^(127(\.\d+){3}|localhost|-*1-*)$/.test(host) ? LOCAL : host;
  const free = (name: string): boolean => taken.every(({ id }) => id !== name);
  for (let number = 2, name = base; ; name = `${base}-${number++}`) if (free(name)) return name;
}

function numberOf(text: string, highest: number): number | null {
  return /^\d+$/.test(text) && Number(text) <= highest ? Number(text) : null;
}

/** The short reminder, with its line end. */
export function usageText(): string {
  return line.usageText(FORM);
}

/** The whole help, with its line end. */
export function helpText(): string {
  return line.helpText(FORM);
}

function misused(message: string): WebCommand {
  return { kind: "misused", message };
}
