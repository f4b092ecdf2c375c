/** The servers of a circuit, as a daemon of it lists them. */
import { isObject } from "../wire/codec.js";
import { refusalOf } from "../wire/reply.js";
import type { Input } from "./command.js";
import { reportFailure, type Session } from "./session.js";
import type { Asker } from "./through.js";

export interface Server {
  readonly id: string;
  readonly name: string;
  /** The one that is asked for the others. */
  readonly self: boolean;
}

/** Seconds that the Tab key waits for the daemon. */
const PATIENCE = 1;

/**
 * The servers with watchers that have all the labels, in the order of their names.
 * @param values of the options `cluster` and `label`
 * @returns the exit code where there is nobody to ask, which is told then
 */
export async function findServers(
  { client, settings, world, interrupt }: Pick<Session, "client" | "settings" | "world" | "interrupt">,
  { label }: Input["values"],
): Promise<{ readonly servers: readonly Server[]; readonly lost: readonly Server[] } | number> {
  const wanted = await readLabels(typeof label === "object" ? label : []);
  if (typeof wanted === "string") {
    world.stderr.write(`${wanted}\n`);
    return 1;
  }
  try {
    const signal = interrupt();
    const { reply } = await client.send("members", {}, { timeout: settings.timeout, ...(signal ? { signal } : {}) });
    const refusal = refusalOf(reply);
    if (refusal !== null) {
      world.stderr.write(`error: ${refusal.reason}\n`);
      return 3;
    }
    const listed = Array.isArray(reply["members"]) ? reply["members"].filter(isObject) : [];
    const fitting = listed.filter(({ circusd, labels }) => circusd === true && fits(labels, wanted));
    const [servers, lost] = [fitting.filter(({ state }) => state !== "lost"), fitting.filter(({ state }) => state === "lost")];
    if (fitting.length > 0) return { servers: inOrder(servers), lost: inOrder(lost) };
    const asked = wanted.map(([key, value]) => `${key}=${value}`).join(" and ");
    world.stderr.write(`No server of the circuit has ${asked === "" ? "watchers" : asked}; circusctl members shows what there is\n`);
    return 1;
  } catch (cause) {
    return reportFailure(cause, world.stderr);
  }
}

type Labels = readonly (readonly [key: string, value: string])[];

/** @returns a text for the user where they cannot be read */
async function readLabels(texts: readonly string[]): Promise<Labels | string> {
  if (texts.length === 0) return [];
  const { parseLabels } = await import("../core/options.js");
  const labels: (readonly [string, string])[] = [];
  for (const text of texts) {
    const read = parseLabels(text);
    if (!read.ok || text.trim() === "") return `Cannot choose servers by "${text}": write --label role=web`;
    labels.push(...Object.entries(read.value));
  }
  return labels;
}

function fits(labels: unknown, wanted: Labels): boolean {
  return wanted.every(([key, value]) => isObject(labels) && Object.hasOwn(labels, key) && labels[key] === value);
}

function inOrder(members: readonly Readonly<Record<string, unknown>>[]): readonly Server[] {
  return members
    .map(({ id, name, self }) => ({ id: String(id), name: String(name), self: self === true }))
    .sort((one, other) => (one.name === other.name ? (one.id < other.id ? -1 : 1) : one.name < other.name ? -1 : 1));
}

/** `NAME (X…)` */
export function titleOf({ id, name }: Server): string {
  return `${name} (${id})`;
}

/** What the servers of its circuit can be called by: those of one name by their ids. */
export async function serverNames(client: Asker): Promise<readonly string[]> {
  try {
    const { reply } = await client.send("members", {}, { timeout: PATIENCE });
    const members = Array.isArray(reply["members"]) ? reply["members"].filter(isObject) : [];
    const names = members.map(({ name }) => String(name));
    return members.map(({ id }, index) => {
      const name = names[index] ?? "";
      return names.indexOf(name) === names.lastIndexOf(name) ? name : String(id);
    });
  } catch {
    return [];
  }
}
