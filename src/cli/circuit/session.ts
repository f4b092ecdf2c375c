/** One run of a command: what was asked for, and the circuit it is asked of. */
import type { Anchor, Element } from "../../circuit/anchor.js";
import type { CircuitClient } from "../../circuit/client.js";
import { Refusal } from "./failure.js";
import type { Flags } from "./flags.js";
import type { CircuitWorld, EndSignal } from "./world.js";

export interface Session {
  readonly client: CircuitClient;
  readonly world: CircuitWorld;
  readonly flags: Flags;
  readonly words: readonly string[];
  /** What stands after `--`. */
  readonly rest: readonly string[] | null;
  /** Aborted by Ctrl-C, and by what else ends a program. */
  readonly signal: AbortSignal;
  /** Takes signals for itself: the command is not given up any more. @returns how to stop it */
  onSignal(heard: (signal: EndSignal) => void): () => void;
}

/** Carries out a command. @returns the exit code */
export type RunCommand = (session: Session) => Promise<number>;

/** Path that a glob stands for without its `...`, which means all that is below. */
export function readGlob(glob: string): { readonly path: string; readonly isDeep: boolean } {
  const isDeep = /(^|\/)\.\.\.\/*$/.test(glob);
  return { path: isDeep ? glob.replace(/\.\.\.\/*$/, "") : glob, isDeep };
}

/** @example `isRoot("//")` */
export function isRoot(path: string): boolean {
  return !/[^/]/.test(path);
}

/** The anchor that a word names; `...` at its end is passed over, as in Circuit. */
export async function anchorOf({ client, signal }: Session, word = ""): Promise<Anchor> {
  const { path } = readGlob(word);
  if (isRoot(path)) throw new Refusal(`"${word}" is the root, which holds nothing but servers: give a path such as /X…/NAME`);
  return client.locate(path, { signal });
}

/** Those kinds of elements, as the user knows them. */
const WORDS: Readonly<Record<Element["kind"], string>> = {
  server: "server",
  process: "process",
  container: "container",
  channel: "channel",
  nameserver: "name server",
  "@join": "subscription",
  "@leave": "subscription",
  watcher: "watcher",
};

/**
 * The element at a path, if it is one of these kinds.
 * @throws Refusal that says what stands there
 */
export async function elementAt<K extends Element["kind"]>(
  session: Session,
  kinds: readonly K[],
  word = session.words[0],
): Promise<Extract<Element, { readonly kind: K }>> {
  const anchor = await anchorOf(session, word);
  const element = await anchor.get({ signal: session.signal });
  if (element !== null && isOneOf(element, kinds)) return element;
  const wanted = [...new Set(kinds.map((kind) => WORDS[kind]))].join(" or ");
  const there = element === null ? "nothing stands there" : `a ${WORDS[element.kind]} stands there`;
  throw new Refusal(`"${anchor.path}" is no ${wanted}: ${there}`);
}

function isOneOf<K extends Element["kind"]>(element: Element, kinds: readonly K[]): element is Extract<Element, { readonly kind: K }> {
  return kinds.some((kind) => kind === element.kind);
}
