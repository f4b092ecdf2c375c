/** What the user types or pipes into a command. */
import type { Schema } from "../../wire/circuit/values.js";
import { readAs } from "../../wire/circuit/values.js";
import { nearest } from "../../core/options/near.js";
import { complain, Refusal } from "./failure.js";
import { parseLoose } from "./go-json.js";
import type { Session } from "./session.js";

/** All of the standard input, as text. @throws Refusal when the command is given up */
export async function readAll({ world, signal }: Session): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of inputOf({ world, signal })) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** The standard input as it comes, until its end or until the command is given up. */
export async function* inputOf({ world, signal }: Pick<Session, "world" | "signal">): AsyncGenerator<Uint8Array, void, undefined> {
  const { stdin } = world;
  const leave = (): void => void stdin.destroy(new Refusal("it was cancelled"));
  signal.addEventListener("abort", leave, { once: true });
  try {
    for await (const chunk of stdin) yield bytesOf(chunk);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  return chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
}

export interface JsonKind<T> {
  readonly schema: Schema<T>;
  readonly fields: readonly string[];
  /** What the user might have meant. */
  readonly example: string;
}

/** JSON from the standard input. @throws Refusal that says what is wrong with it */
export async function readJson<T>(session: Session, { schema, fields, example }: JsonKind<T>): Promise<T> {
  const text = await readAll(session);
  if (text.trim() === "") throw new Refusal(`There is nothing on the standard input: give JSON such as ${example}`);
  const value = named(parse(text), fields);
  const read = readAs(schema, value);
  if (!read.ok) throw new Refusal(`Cannot use the JSON on the standard input: ${read.failure}`);
  for (const field of typeof value === "object" && value !== null ? Object.keys(value) : []) {
    if (fields.includes(field)) continue;
    const meant = nearest(field, fields);
    complain(`warning: there is no field "${field}"${meant === null ? "" : `; did you mean "${meant}"?`}`, session.world.stderr);
  }
  return read.value;
}

function parse(text: string): unknown {
  try {
    return parseLoose(text);
  } catch (cause) {
    throw new Refusal(`Cannot read the JSON on the standard input: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** Circuit takes names of fields in any case: `path` is `Path`. */
function named(value: unknown, fields: readonly string[]): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const known = new Map(fields.map((field) => [field.toLowerCase(), field]));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [known.get(name.toLowerCase()) ?? name, inner]));
}
