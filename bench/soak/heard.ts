/** What an independent subscriber hears between two marks, to be compared with what plugins heard. */
import { createHash } from "node:crypto";
import { isObject } from "../../src/wire/codec.js";
import type { CircusEvent } from "../../src/wire/event.js";

export class Heard {
  began = false;
  ended = false;
  count = 0;
  readonly #hash = createHash("sha1");
  readonly #counts = new Map<string, number>();
  /** Processes of the counted watchers by what was told of them. */
  readonly #born = new Set<number>();
  readonly #dead = new Set<number>();
  readonly #counted: ReadonlySet<string>;

  constructor(counted: readonly string[]) {
    this.#counted = new Set(counted);
  }

  take({ topic, watcher, payload }: CircusEvent): void {
    if (topic === "watcher.begin.remove") this.began = true;
    else if (topic === "watcher.end.add") this.ended = true;
    else if (this.began && !this.ended) {
      const told = isObject(payload) ? payload : {};
      const pid = told["process_pid"];
      this.count += 1;
      this.#hash.update(`${topic} ${typeof pid === "number" ? pid : ""} ${Number(told["time"])}\n`);
      this.#counts.set(topic, (this.#counts.get(topic) ?? 0) + 1);
      if (typeof pid !== "number" || watcher === null || !this.#counted.has(watcher)) return;
      if (topic.endsWith(".spawn")) this.#born.add(pid);
      if (topic.endsWith(".reap")) this.#dead.add(pid);
    }
  }

  /** How many events of these watchers there were, of the kinds that match. */
  sum(watchers: readonly string[], kinds: RegExp = /./): number {
    const prefixes = watchers.map((watcher) => `watcher.${watcher}.`);
    const chosen = [...this.#counts].filter(([topic]) => prefixes.some((prefix) => topic.startsWith(prefix)) && kinds.test(topic));
    return chosen.reduce((sum, [, count]) => sum + count, 0);
  }

  /** Processes of the counted watchers of which only the birth or only the death was told. */
  get halfTold(): number {
    return [...this.#born].filter((pid) => !this.#dead.has(pid)).length + [...this.#dead].filter((pid) => !this.#born.has(pid)).length;
  }

  digest(): string {
    return this.#hash.digest("hex");
  }
}
