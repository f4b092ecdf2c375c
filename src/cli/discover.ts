/** `circusctl --discover`: who answers in a multicast group, one daemon a line. */
import { CIRCUS_GROUP, parseMulticast } from "../core/multicast.js";
import { QUESTION, decodeAnswer } from "../wire/discovery.js";
import type { ArgumentValue } from "./args.js";
import { encodeJson } from "../wire/codec.js";
import { prettyJson } from "./json.js";
import { styleOf } from "./terminal.js";
import type { World } from "./world.js";

/** Seconds that answers are waited for. */
export const DEFAULT_WAIT = 1;

/** Waits longer than a day are slips. */
const LONGEST_WAIT = 86_400;

/** A daemon that listens on all of its addresses can be reached at the one from which it has answered. */
const EVERYWHERE = /^(tcp:\/\/)(?:\*|0\.0\.0\.0|\[?::\]?):/;

interface Found {
  /** As it can be used from here. */
  readonly endpoint: string;
  /** Who answered. */
  readonly host: string;
}

/** @returns the exit code: 0 where anybody answered, 1 where nobody did, 2 for an address that is none */
export async function discover(values: Readonly<Record<string, ArgumentValue>>, world: World): Promise<number> {
  const address = typeof values["multicast"] === "string" ? values["multicast"] : CIRCUS_GROUP;
  const group = parseMulticast(address);
  if (group === null) {
    world.stderr.write(`circusctl: error: argument --multicast: "${address}" is no multicast address such as ${CIRCUS_GROUP}\n`);
    return 2;
  }
  const seconds = typeof values["timeout"] === "number" && values["timeout"] >= 0 ? values["timeout"] : DEFAULT_WAIT;
  const found = new Map<string, Found>();
  const asked = await world.ask({
    group,
    question: QUESTION,
    wait: Math.min(seconds, LONGEST_WAIT) * 1000,
    signal: world.onInterrupt(),
    heard: (text, host) => {
      const answer = decodeAnswer(text);
      if (answer === null) return;
      const endpoint = answer.replace(EVERYWHERE, `$1${host}:`);
      const known = found.get(endpoint);
      // One daemon may answer on several devices.
      found.set(endpoint, known ?? { endpoint, host });
    },
  });
  if (!asked.ok) {
    world.stderr.write(`Cannot ask at "${address}": ${asked.failure}\n`);
    return 1;
  }
  const daemons = [...found.values()].sort((one, other) => (one.endpoint < other.endpoint ? -1 : 1));
  if (values["json"] === true) {
    const reply = { daemons };
    world.stdout.write(`${values["prettify"] === true ? prettyJson(reply, styleOf(world.stdout, world.env)) : encodeJson(reply)}\n`);
  } else if (daemons.length > 0) {
    const width = Math.max(...daemons.map(({ endpoint }) => endpoint.length));
    for (const { endpoint, host } of daemons) world.stdout.write(`${endpoint.padEnd(width)}  ${host}\n`);
  }
  if (daemons.length > 0) return 0;
  if (values["json"] !== true)
    world.stderr.write(`No daemon has answered at ${address}; multicast_endpoint in its [circus] makes one answer\n`);
  return 1;
}
