/** A watcher's figures of the last minutes: one point a second, the oldest give way. */
import type { History, WatcherFigures } from "../api.js";

/** Ten minutes. */
export const LONGEST_HISTORY = 600;

interface Point {
  readonly time: number;
  readonly cpu: number;
  readonly memory: number | null;
}

/** Points in the order of time; two of one second are one. */
export class WatcherHistory {
  readonly #points: Point[] = [];

  /** @param time seconds since the epoch */
  put(time: number, { cpu, memory }: WatcherFigures): void {
    const second = Math.floor(time);
    const last = this.#points.at(-1);
    const point: Point = { time: second, cpu: Math.round(cpu * 10) / 10, memory };
    if (last !== undefined && second <= last.time) {
      // A clock that was set back must not bring points out of order.
      this.#points[this.#points.length - 1] = { ...point, time: last.time };
      return;
    }
    this.#points.push(point);
    if (this.#points.length > LONGEST_HISTORY) this.#points.shift();
  }

  /** The last points, at most so many. */
  last(count: number): History {
    const points = this.#points.slice(-count);
    return { time: points.map(({ time }) => time), cpu: points.map(({ cpu }) => cpu), memory: points.map(({ memory }) => memory) };
  }
}
