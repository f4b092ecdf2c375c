/** Decides how many processes a watcher should have: pure, with the time and the figure as parameters. */

export interface ScaleRule {
  readonly min: number;
  readonly max: number;
  /** At this figure, or above, there are to be more. */
  readonly upAt: number;
  /** At this figure, or below, there may be fewer. */
  readonly downAt: number;
  /** Seconds after any change until there may be more, and until there may be fewer. */
  readonly cooldownUp: number;
  readonly cooldownDown: number;
  /** Processes to add or to take away at a time. */
  readonly step: number;
  /** Whether the figure is an average of the processes, which rises when there are fewer. */
  readonly average: boolean;
}

export interface Situation {
  /** Of a clock that nobody sets, in seconds. */
  readonly now: number;
  /** What the watcher's numprocesses is. */
  readonly count: number;
  /** null where it is not known this time. */
  readonly figure: number | null;
}

/** `yield` leaves things to somebody else, who is to know that. */
export type Decision =
  { readonly kind: "keep" | "yield"; readonly why: string } | { readonly kind: "set"; readonly count: number; readonly why: string };

/** Remembers what it has set and when, so that it knows a change by somebody else. */
export class Scaler {
  readonly #rule: ScaleRule;
  /** What numprocesses is to be as far as is known; null before the first look. */
  #known: number | null = null;
  /** The same before the last look. */
  #before: number | null = null;
  #changed = -Infinity;

  constructor(rule: ScaleRule) {
    this.#rule = rule;
  }

  decide({ now, count, figure }: Situation): Decision {
    const { min, max } = this.#rule;
    this.#before = this.#known;
    const first = this.#known === null;
    const foreign = !first && count !== this.#known;
    this.#known = count;
    if (count < min || count > max) {
      const bound = count < min ? min : max;
      if (first) return this.#set(bound, { now, why: `${count} is outside ${min} to ${max}` });
      return {
        kind: "yield",
        why: `somebody else has set it to ${count}, outside ${min} to ${max}: it is left alone until it is inside again`,
      };
    }
    if (foreign) {
      this.#changed = now;
      return { kind: "yield", why: `somebody else has set it to ${count}, which holds for the time of a cooldown` };
    }
    if (figure === null) return keep("there is no figure");
    return this.#weigh(figure, { now, count });
  }

  /** To be told when circusd has refused: nothing was changed, which is tried again after the cooldown. */
  refused(): void {
    this.#known = this.#before;
  }

  #weigh(figure: number, { now, count }: { readonly now: number; readonly count: number }): Decision {
    const { min, max, upAt, downAt, cooldownUp, cooldownDown, step } = this.#rule;
    const since = now - this.#changed;
    const shown = Number(figure.toFixed(2));
    if (figure >= upAt) {
      const why = `${shown} is at or above ${upAt}`;
      if (count >= max) return keep(`${why}, but ${count} is the most`);
      if (since < cooldownUp) return keep(`${why}, but it was changed within ${cooldownUp} s`);
      return this.#set(Math.min(max, count + step), { now, why });
    }
    if (figure <= downAt) {
      const why = `${shown} is at or below ${downAt}`;
      const fewer = Math.max(min, count - step);
      if (count <= min) return keep(`${why}, but ${count} is the least`);
      if (since < cooldownDown) return keep(`${why}, but it was changed within ${cooldownDown} s`);
      if (this.#rule.average && (fewer === 0 || (figure * count) / fewer >= upAt)) {
        return keep(`${why}, but ${fewer} would have too much to do`);
      }
      return this.#set(fewer, { now, why });
    }
    return keep(`${shown} is between ${downAt} and ${upAt}`);
  }

  #set(count: number, { now, why }: { readonly now: number; readonly why: string }): Decision {
    this.#known = count;
    this.#changed = now;
    return { kind: "set", count, why };
  }
}

function keep(why: string): Decision {
  return { kind: "keep", why };
}
