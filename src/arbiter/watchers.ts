/** The watchers of an arbiter: by name in lower case, in the order in which they start. */
import type { MatchNames } from "../core/ports.js";
import { matcher } from "../core/fnmatch.js";
import { CommandError, ERRNO, type Match } from "../wire/contract.js";
import type { Runner } from "./runner.js";

export class Watchers {
  readonly #matchNames: MatchNames;
  readonly #byName = new Map<string, Runner>();

  /** @param matchNames matches regular expressions, within a limit of time */
  constructor(matchNames: MatchNames) {
    this.#matchNames = matchNames;
  }

  has(name: string): boolean {
    return this.#byName.has(name.toLowerCase());
  }

  add(runner: Runner): void {
    this.#byName.set(runner.spec.name.toLowerCase(), runner);
  }

  /** Forgets exactly this one: its name may belong to a successor by now. Those who wait for its output learn of it. */
  remove(runner: Runner): void {
    const name = runner.spec.name.toLowerCase();
    if (this.#byName.get(name) === runner) this.#byName.delete(name);
    runner.outputs.tail.close();
  }

  /** @throws CommandError "program X not found" */
  get(name: string): Runner {
    const runner = this.#byName.get(name.toLowerCase());
    if (runner === undefined) throw new CommandError(`program ${name} not found`);
    return runner;
  }

  /** Names in lower case, sorted. */
  names(): readonly string[] {
    return [...this.#byName.keys()].sort();
  }

  /** As they were added: those of the file in the order of their names, then those of commands. */
  all(): readonly Runner[] {
    return [...this.#byName.values()];
  }

  /** High priority first; among equals as they were added. */
  inOrder(): readonly Runner[] {
    return [...this.#byName.values()].sort((a, b) => b.spec.priority - a.spec.priority);
  }

  /** Those of equal priority together, the highest first. */
  byPriority(): readonly (readonly Runner[])[] {
    const groups = new Map<number, Runner[]>();
    for (const runner of this.inOrder()) {
      const group = groups.get(runner.spec.priority);
      if (group === undefined) groups.set(runner.spec.priority, [runner]);
      else group.push(runner);
    }
    return [...groups.values()];
  }

  /**
   * Watchers whose names fit a pattern, in starting order.
   * @throws CommandError where none fits, or the regular expression cannot be read
   */
  matching(pattern: string, match: Match): readonly Runner[] {
    if (match === "simple") return [this.get(pattern)];
    const names = [...this.#byName.keys()];
    const fitting = new Set(match === "glob" ? names.filter(matcher(pattern.toLowerCase())) : this.#matchRegex(pattern, names));
    const found = this.inOrder().filter((runner) => fitting.has(runner.spec.name.toLowerCase()));
    if (found.length === 0) throw new CommandError(`program ${pattern} not found`);
    return found;
  }

  #matchRegex(pattern: string, names: readonly string[]): readonly string[] {
    const found = this.#matchNames(pattern, names);
    if (!found.ok) throw new CommandError(found.failure, ERRNO.conflict);
    return found.value;
  }
}
