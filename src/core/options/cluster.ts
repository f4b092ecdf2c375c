/** Every option of [cluster] and its default, in the order in which manuals show them. */
import { DEFAULT_PORT, type ClusterSpec, type Engine, type SerfProfile } from "../circuit/spec.js";
import { parseMulticast } from "../multicast.js";
import { type Result, fail, succeed } from "../result.js";
import { flag, type Kind, optional, optionalText, text, word, words } from "./kinds.js";
import { type Option, rowsOf } from "./option.js";
import { repr } from "./repr.js";

/** A server of which nothing was configured: alone, and reached from its own host. */
export const CLUSTER_DEFAULTS: ClusterSpec = {
  listen: `127.0.0.1:${DEFAULT_PORT}`,
  advertise: null,
  join: [],
  discover: null,
  keyFile: null,
  name: null,
  labels: {},
  engine: "mesh",
  stateDir: null,
  docker: false,
  serfBind: null,
  serfProfile: null,
};

const HOST_PORT = /^(\[[0-9a-f:.%a-z]+\]|[^\s/:[\]]+):(\d{1,5})$/i;

/** Reads `HOST:PORT`, an IPv6 address in brackets; null for anything else. */
export function parseHostPort(value: string): { readonly host: string; readonly port: number } | null {
  const [, host, port] = HOST_PORT.exec(value.trim()) ?? [];
  return host === undefined || Number(port) > 65535 ? null : { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}

/** Reads `HOST:PORT`, or `HOST` alone, whose port is null then; null for anything else. */
export function parsePlace(value: string): { readonly host: string; readonly port: number | null } | null {
  const host = value.trim();
  return parseHostPort(value) ?? (/^[^\s/:[\]]+$/.test(host) ? { host, port: null } : null);
}

/** Reads a multicast group in Circuit's form, `228.8.8.8:8822`, or in Circus's, `udp://228.8.8.8:8822`; null for anything else. */
export function parseGroup(value: string): ReturnType<typeof parseMulticast> {
  const plain = value.trim();
  return parseMulticast(plain.startsWith("udp://") ? plain : `udp://${plain}`);
}

/**
 * Reads labels such as `role=web zone=eu-1`; the failure says what was expected.
 * @example `parseLabels("role=web")` gives `{ role: "web" }`
 */
export function parseLabels(value: string): Result<Readonly<Record<string, string>>, string> {
  const labels = new Map<string, string>();
  for (const pair of value.split(/[\s,]+/).filter((one) => one !== "")) {
    const [, key, label] = /^([A-Za-z0-9._/-]{1,63})=([\x21-\x7e]{0,255})$/.exec(pair) ?? [];
    if (key === undefined || label === undefined) return fail(`expected labels such as role=web zone=eu-1, not "${pair}"`);
    labels.set(key, label);
  }
  return succeed(Object.fromEntries(labels));
}

const hostPort = checked("host:port", (value) => (parseHostPort(value) === null ? null : value.trim()), "expected HOST:PORT");
const place = checked("host or host:port", (value) => (parsePlace(value) === null ? null : value.trim()), "expected HOST or HOST:PORT");
const serverName = checked(
  "text",
  (value) => (/^[^\p{C}/]{1,255}$/u.test(value.trim()) ? value.trim() : null),
  "expected a name without a slash, of up to 255 letters",
);
const group = checked(
  "group:port",
  (value) => (parseGroup(value) === null ? null : value.trim()),
  "expected a multicast group such as 228.8.8.8:8822",
);

/** The whole form has the program behind it, which only says who must answer there. */
const addresses: Kind<readonly string[]> = {
  ...words,
  label: "addresses",
  parseText(value) {
    const list = value.split(/\s+/).filter((one) => one !== "");
    const odd = list.find((one) => parseHostPort(one.replace(/^circuit:\/\//, "").replace(/\/\d+\/Q[0-9a-f]{16}\/?$/, "")) === null);
    return odd === undefined ? succeed(list) : fail(`"${odd}" is no address of a server; write HOST:PORT`);
  },
};

const labels: Kind<Readonly<Record<string, string>>> = {
  label: "key=value …",
  parseText: parseLabels,
  parseWire(key, value) {
    const read = typeof value === "string" ? parseLabels(value) : fail("expected a text");
    return read.ok ? read : fail(`${repr(key)}: ${read.failure}`);
  },
  present: (value) =>
    Object.entries(value)
      .map(([key, label]) => `${key}=${label}`)
      .join(" "),
};

const ENGINES = ["mesh", "serf"] as const satisfies readonly Engine[];
const PROFILES = ["lan", "wan", "local"] as const satisfies readonly SerfProfile[];

const row = rowsOf(CLUSTER_DEFAULTS);

export const CLUSTER_OPTIONS: readonly Option<ClusterSpec>[] = [
  row("listen", hostPort, {
    name: "listen",
    doc: "Where other servers and `circuit` reach this one. Port `0` takes a free one. Anything but the loopback device needs `key_file`: without it only the loopback device is used, and the log says so.",
  }),
  row("advertise", optional(place), {
    name: "advertise",
    doc: "The address that others are told, where it differs from `listen`: behind an address translation, or with `listen` on all devices. Not set, it is what `listen` says, or the host's first address for all devices.",
  }),
  row("join", addresses, {
    name: "join",
    doc: "Servers to join, separated by spaces, `HOST:PORT` or a whole `circuit://…` address. They are tried until one has answered, and again whenever this server is alone.",
  }),
  row("discover", optional(group), {
    name: "discovery",
    doc: "UDP multicast group, such as `228.8.8.8:8822`, in which servers find each other and `circuit --discover` finds them. Not set, nothing is announced.",
  }),
  row("keyFile", optionalText, {
    name: "key_file",
    doc: "File with the key of the circuit, made with `circuit keygen`; only its owner may be able to read it. With it, all traffic is encrypted and both sides prove that they have the key. Several lines are several keys: the first is used, all are accepted.",
  }),
  row("name", optional(serverName), {
    name: "name",
    doc: "What this server is called in lists and after `circusctl @`. Not set, the host's name.",
  }),
  row("labels", labels, { name: "labels", doc: "Words to choose servers by, such as `role=web zone=eu-1`." }),
  row("engine", word(ENGINES, "engine"), {
    name: "engine",
    doc: "How servers learn of each other: `mesh` connects each with every other and is right for some dozens; `serf` lets HashiCorp's agent gossip, for hundreds. All servers of a circuit have the same.",
  }),
  row("stateDir", optionalText, {
    name: "state_dir",
    doc: "Directory in which the servers that were known are kept over a restart. Not set, `$STATE_DIRECTORY`, or `~/.local/state/circus`, for root `/var/lib/circus`.",
  }),
  row("docker", flag, { name: "docker", doc: "Lets container elements be made here, with the Docker engine of this host." }),
  row("serfBind", optional(hostPort), {
    name: "serf_bind",
    doc: "Where the serf agents of the circuit reach each other. Not set, port 7946 on the address of `listen`.",
  }),
  row("serfProfile", optional(word(PROFILES, "profile")), {
    name: "serf_profile",
    doc: "How patient the serf agents are with each other: `lan`, `wan` for hosts that are far from each other, or `local` for one host. Not set, `local` on the loopback device and else `lan`. All servers of a circuit have the same.",
  }),
];

function checked(label: string, read: (value: string) => string | null, expected: string): Kind<string> {
  const parseText = (value: string): Result<string, string> => {
    const found = read(value);
    return found === null ? fail(expected) : succeed(found);
  };
  return {
    ...text,
    label,
    parseText,
    parseWire(key, value) {
      const found = typeof value === "string" ? parseText(value) : fail(expected);
      return found.ok ? found : fail(`${repr(key)}: ${expected}`);
    },
  };
}
