/** `circuit ls`: anchors by their full paths. */
import type { Entry } from "../../circuit/anchor.js";
import type { ElementKind } from "../../wire/circuit/contract.js";
import { complain } from "./failure.js";
import { shown, write } from "./output.js";
import { isRoot, readGlob, type Session } from "./session.js";

/** In Circuit's words. */
const KINDS: Readonly<Record<ElementKind, string>> = {
  server: "server",
  process: "proc",
  container: "docker",
  channel: "chan",
  nameserver: "dns",
  "@join": "@join",
  "@leave": "@leave",
  watcher: "watcher",
};

/** @returns 1 where a server could not be asked */
export async function ls(session: Session): Promise<number> {
  const { flags, world } = session;
  const { entries, unreachable } = await find(session);
  const ordered = flags.has("depth") ? childrenFirst(entries) : entries;
  const lines = ordered.map((entry) => `${flags.has("long") ? columns(entry) : shown(entry.path)}\n`);
  await write(world.stdout, lines.join(""));
  for (const [path, why] of unreachable) complain(`${path}: unreachable: ${why}`, world.stderr);
  return unreachable.size > 0 ? 1 : 0;
}

interface Found {
  readonly entries: readonly Entry[];
  /** Why, by path. */
  readonly unreachable: ReadonlyMap<string, string>;
}

async function find({ client, words, signal }: Session): Promise<Found> {
  const { path, isDeep } = readGlob(words[0] ?? "");
  const options = { depth: isDeep ? null : 1, signal };
  if (!isRoot(path)) return { entries: await (await client.locate(path, { signal })).list(options), unreachable: new Map() };
  const { entries, unreachable } = await client.list(options);
  return { entries, unreachable: new Map([...unreachable].map(([server, { message }]) => [server, message])) };
}

function columns({ kind, path }: Entry): string {
  return `${(kind === null ? "·" : KINDS[kind]).padEnd(15)} ${shown(path)}`;
}

/** A listing has parents before their children; here each stands after all that is below it. */
function childrenFirst(entries: readonly Entry[]): readonly Entry[] {
  const ordered: Entry[] = [];
  const open: Entry[] = [];
  for (const entry of entries) {
    while (open.length > 0 && !entry.path.startsWith(`${open.at(-1)?.path ?? ""}/`)) ordered.push(...open.splice(-1));
    open.push(entry);
  }
  return [...ordered, ...open.reverse()];
}
