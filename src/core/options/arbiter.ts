/** Every option of [circus] and its default, in the order in which manuals show them. */
import type { ArbiterSpec, LogLevel } from "../spec.js";
import { CIRCUS_GROUP, parseMulticast } from "../multicast.js";
import { type Result, fail, succeed } from "../result.js";
import { decimal, flag, integer, type Kind, octal, optional, optionalText, seconds, text, word, words } from "./kinds.js";
import { type Option, type OptionDoc, rowsOf } from "./option.js";
import { repr } from "./repr.js";

/** An arbiter of which nothing was configured. */
export const ARBITER_DEFAULTS: ArbiterSpec = {
  endpoint: "tcp://127.0.0.1:5555",
  endpointOwner: null,
  pubsubEndpoint: "tcp://127.0.0.1:5556",
  statsEndpoint: "tcp://127.0.0.1:5557",
  statsd: false,
  statsChildren: false,
  // Circus listens on a multicast address on all interfaces unless told not to; here nothing beyond the host is opened unasked.
  multicastEndpoint: "",
  checkDelay: 5,
  umask: null,
  warmupDelay: 0,
  httpd: false,
  httpdHost: "localhost",
  httpdPort: 8080,
  httpdHosts: [],
  httpdPasswordFile: null,
  httpdTokenFile: null,
  httpdCertfile: null,
  httpdKeyfile: null,
  debug: false,
  pidfile: null,
  loglevel: "info",
  logoutput: "-",
  loggerconfig: null,
  fqdnPrefix: null,
  commands: [],
};

const LEVELS = ["critical", "error", "warning", "info", "debug"] as const satisfies readonly LogLevel[];

const endpoint: Kind<string> = addressed(
  // The port of TCP: a number below 65536, or `*` for any that is free.
  /^(tcp:\/\/.+:(\*|0*([0-5]?\d{1,4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))|(ipc|inproc):\/\/.+)$/,
  "expected an endpoint such as tcp://127.0.0.1:5555 or ipc:///run/circus.sock",
);
const multicast: Kind<string> = {
  ...text,
  label: "address",
  parseText(value) {
    const expected = `expected a multicast address such as ${CIRCUS_GROUP}, or nothing`;
    return value.trim() === "" || parseMulticast(value) !== null ? succeed(value.trim()) : fail(expected);
  },
};
const level = word(LEVELS, "log level");

/** Python's logging knows two more words for these. */
const LEVEL_ALIASES: ReadonlyMap<string, LogLevel> = new Map([
  ["warn", "warning"],
  ["fatal", "critical"],
]);

const loglevel: Kind<LogLevel> = {
  ...level,
  parseText(value) {
    const alias = LEVEL_ALIASES.get(value.trim().toLowerCase());
    return alias === undefined ? level.parseText(value) : succeed(alias);
  },
};

/** Circus takes both words for the terminal; one is enough for who reads the spec. */
const logoutput: Kind<string> = { ...text, parseText: (value) => succeed(value.trim() === "stdout" || value.trim() === "" ? "-" : value) };

const row = rowsOf(ARBITER_DEFAULTS);

export const ARBITER_OPTIONS: readonly Option<ArbiterSpec>[] = [
  row("endpoint", endpoint, { name: "endpoint", doc: "ZeroMQ endpoint on which commands are answered." }),
  row("endpointOwner", optionalText, {
    name: "endpoint_owner",
    doc: "User, by name or number, who gets the socket file of an ipc endpoint. Watchers that are added over the wire must then run as that user.",
  }),
  row("pubsubEndpoint", endpoint, { name: "pubsub_endpoint", doc: "ZeroMQ endpoint on which events are published." }),
  row("statsd", flag, { name: "statsd", doc: "Runs `circusd-stats`, which publishes figures of all processes." }),
  row("statsEndpoint", endpoint, {
    name: "stats_endpoint",
    doc: "ZeroMQ endpoint on which figures are published. Setting it turns `statsd` on.",
  }),
  row("statsChildren", flag, {
    name: "stats_children",
    doc: "Makes `circusd-stats` look at the children of processes too, and publish them as `children`.",
  }),
  row("multicastEndpoint", multicast, {
    name: "multicast_endpoint",
    doc: "UDP multicast address on which the daemon tells whoever asks where its endpoint is, such as Circus's `udp://237.219.251.97:12027`; an endpoint on the loopback device or of ipc it tells to its own host alone. Not set, it tells nobody; Circus tells everybody unless this is empty.",
  }),
  row("checkDelay", decimal(), {
    name: "check_delay",
    doc: "Seconds between two rounds of Circus's polling. Accepted and shown, and nothing waits for it: a death is noticed when it happens.",
  }),
  row("umask", optional(octal), { name: "umask", doc: "File mode mask of circusd and the processes. Not set, it is inherited." }),
  row("warmupDelay", seconds, { name: "warmup_delay", doc: "Seconds between the starts of two watchers." }),
  row("httpd", flag, { name: "httpd", doc: "Runs `circushttpd`, the web console." }),
  row("httpdHost", text, {
    name: "httpd_host",
    doc: "Host name or address that the web console listens on. Any but the loopback needs `httpd_password_file` or `httpd_token_file`.",
  }),
  row("httpdPort", integer({ min: 0, max: 65535 }), { name: "httpd_port", doc: "Port that the web console listens on." }),
  row("httpdHosts", words, {
    name: "httpd_hosts",
    doc: "Host names, separated by spaces, under which browsers may ask for the web console besides `localhost` and the address it listens on. Needed behind a proxy, which passes the name on.",
  }),
  row("httpdPasswordFile", optionalText, {
    name: "httpd_password_file",
    doc: "File with the users of the web console, one a line, made with `circushttpd --add-user`. With it, everybody has to log in.",
  }),
  row("httpdTokenFile", optionalText, {
    name: "httpd_token_file",
    doc: "File with the tokens by which programs use the web console's interface, one a line, made with `circushttpd --add-token`.",
  }),
  row("httpdCertfile", optionalText, {
    name: "httpd_certfile",
    doc: "File with the certificate, in PEM form, with which the web console speaks HTTPS. Needs `httpd_keyfile`.",
  }),
  row("httpdKeyfile", optionalText, {
    name: "httpd_keyfile",
    doc: "File with the private key, in PEM form, of `httpd_certfile`.",
  }),
  row("debug", flag, {
    name: "debug",
    doc: "Shows the standard output of `circusd-stats`, `circushttpd` and plugins, and makes them log debug messages.",
  }),
  row("pidfile", optionalText, {
    name: "pidfile",
    doc: "File that holds the daemon's process id while it runs. `--pidfile` goes before it.",
  }),
  row("loglevel", loglevel, {
    name: "loglevel",
    doc: `Least level that is logged: ${LEVELS.map((one) => `\`${one}\``).join(", ")}. \`--log-level\` goes before it.`,
  }),
  row("logoutput", logoutput, {
    name: "logoutput",
    doc: "Where the log goes: a file, `syslog://host:port?facility`, `syslog:///path/to/socket?facility`, or `-` for standard error. `--log-output` goes before it.",
  }),
  row("loggerconfig", optionalText, {
    name: "loggerconfig",
    doc: "File in Python's logging format (INI, JSON or YAML) that configures the log in place of `loglevel` and `logoutput`. `default` stands for none. `--logger-config` goes before it.",
  }),
  row("fqdnPrefix", optionalText, { name: "fqdn_prefix", doc: "Prefix of the host name under which the daemon is known." }),
  row("commands", words, {
    name: "commands",
    doc: "Modules of commands to add to circusd's own, separated by spaces: paths such as `./deploy.js`, relative to the file that says so, or packages.",
  }),
];

/** Options of [circus] that only the loader reads. */
export const INCLUDE_OPTIONS: readonly OptionDoc[] = [
  {
    name: "include",
    label: "paths",
    default: null,
    doc: "Further files to read: paths relative to the main file, separated by spaces, with wildcards. What the main file says goes before what they say.",
  },
  {
    name: "include_dir",
    label: "paths",
    default: null,
    doc: "Directories of which all `*.ini` files are read: paths relative to the main file, separated by spaces, with wildcards.",
  },
];

function addressed(pattern: RegExp, expected: string): Kind<string> {
  const check = (value: string): Result<string, string> => (pattern.test(value.trim()) ? succeed(value.trim()) : fail(expected));
  return {
    label: "endpoint",
    parseText: check,
    parseWire(key, value) {
      const read = typeof value === "string" ? check(value) : fail(expected);
      return read.ok ? read : fail(`${repr(key)}: ${expected}`);
    },
    present: (value) => value,
  };
}
