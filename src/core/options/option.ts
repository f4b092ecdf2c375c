/** One option of a section: its name and manual text, and how its value gets into and out of a spec. */
import { type Result, succeed } from "../result.js";
import type { OptionValue } from "../spec.js";
import type { Kind } from "./kinds.js";

/** What a manual says of an option. */
export interface OptionDoc {
  /** As in circus.ini and on the wire. */
  readonly name: string;
  /** The kind of value in a word or two: "integer", "seconds", "true or false". */
  readonly label: string;
  /** As JSON shows it; null is "not set". */
  readonly default: OptionValue;
  /** Complete sentences, units included. */
  readonly doc: string;
}

/** Puts a value that was read into a spec. */
export type Change<S> = (spec: S) => S;

export interface Option<S> extends OptionDoc {
  readonly key: keyof S & string;
  /** The failure says what was expected, in words that follow the quoted value. */
  parseText(text: string): Result<Change<S>, string>;
  /** The failure is a whole message in Circus's words. */
  parseWire(value: unknown): Result<Change<S>, string>;
  present(spec: S): OptionValue;
}

/**
 * Makes the rows of one table; the kind must fit the spec's key, or the row does not compile.
 * @example `const row = rowsOf(SOCKET_DEFAULTS); row("backlog", integer({ min: 0 }), { name: "backlog", doc: "…" })`
 */
export function rowsOf<S>(
  defaults: S,
): <K extends keyof S & string>(key: K, kind: Kind<S[K]>, about: { readonly name: string; readonly doc: string }) => Option<S> {
  return (key, kind, { name, doc }) => ({
    key,
    name,
    doc,
    label: kind.label,
    default: kind.present(defaults[key]),
    parseText(text) {
      const read = kind.parseText(text);
      return read.ok ? succeed((spec: S) => ({ ...spec, [key]: read.value })) : read;
    },
    parseWire(value) {
      const read = kind.parseWire(name, value);
      return read.ok ? succeed((spec: S) => ({ ...spec, [key]: read.value })) : read;
    },
    present: (spec) => kind.present(spec[key]),
  });
}
