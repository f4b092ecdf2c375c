/** The options of one supervisord section, of which each is taken once: what nobody took can be told at the end. */
import { type Lookup, expandExpressions } from "./expansion.js";
import type { PythonSection } from "./python-ini.js";

export class OptionsReader {
  readonly #taken = new Set<string>();
  readonly #lookup: (file: string) => Lookup;

  /** @param lookup what `%(name)s` stands for in a file */
  constructor(
    readonly section: PythonSection,
    lookup: (file: string) => Lookup,
  ) {
    this.#lookup = lookup;
  }

  /** The value with everything expanded; null where the option is not set. */
  take(name: string): string | null {
    const raw = this.raw(name);
    return raw === null ? null : this.expand(name, raw);
  }

  /** The value as it is written. */
  raw(name: string): string | null {
    this.#taken.add(name);
    return this.section.options.get(name)?.value ?? null;
  }

  /** Expands a text as the value of that option would be. @param first is asked before the names that all sections know */
  expand(name: string, text: string, first: Lookup = () => null): string {
    const known = this.#lookup(this.section.options.get(name)?.file ?? "");
    return expandExpressions(text, (word, format) => first(word, format) ?? known(word, format));
  }

  /** Names and values that were not taken. */
  left(): readonly (readonly [name: string, value: string])[] {
    return [...this.section.options]
      .filter(([name]) => !this.#taken.has(name))
      .map(([name, { value }]) => [name, value.replace(/\s*\n\s*/g, " ")]);
  }
}
