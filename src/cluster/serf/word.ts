/** What servers tell each other through their agents: serf carries it to everybody at once, while it gathers news of nodes for a second. */

export const WORD = "circuit";

export type Word =
  /** The list of nodes has changed: look at it. */
  | { readonly say: "look" }
  /** This one says good-bye. */
  | { readonly say: "bye"; readonly worker: string }
  /** That one cannot be reached though its agent lives, as far as this revision of it tells. */
  | { readonly say: "doubt"; readonly worker: string; readonly revision: number };

export function writeWord(word: Word): string {
  return JSON.stringify(word);
}

/** Null for what is none. */
export function readWord(text: string): Word | null {
  const value = parse(text);
  if (typeof value !== "object" || value === null || !("say" in value)) return null;
  if (value.say === "look") return { say: "look" };
  if (!("worker" in value) || typeof value.worker !== "string") return null;
  if (value.say === "bye") return { say: "bye", worker: value.worker };
  if (value.say !== "doubt" || !("revision" in value) || typeof value.revision !== "number") return null;
  return { say: "doubt", worker: value.worker, revision: value.revision };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
