/** The options of one app of a PM2 ecosystem file, of which each is taken once: what nobody took can be told at the end. */

export class AppReader {
  readonly #taken = new Set<string>();
  readonly #app: ReadonlyMap<string, unknown>;

  constructor(app: object) {
    this.#app = new Map<string, unknown>(Object.entries(app));
  }

  /** The value under the first of these names that is set; null where none is. */
  take(...names: readonly string[]): unknown {
    for (const name of names) this.#taken.add(name);
    const found = names.map((name) => this.#app.get(name)).find((value) => value !== undefined && value !== null);
    return found ?? null;
  }

  /** Names that begin with `env_`, which PM2 takes with `--env`. */
  environments(): readonly (readonly [name: string, value: unknown])[] {
    const found = [...this.#app].filter(([name]) => /^env_\S+$/.test(name));
    for (const [name] of found) this.#taken.add(name);
    return found;
  }

  /** Names and values that were not taken. */
  left(): readonly (readonly [name: string, value: unknown])[] {
    return [...this.#app].filter(([name]) => !this.#taken.has(name));
  }
}
