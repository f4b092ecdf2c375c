/**
 * The way of one source into a sink, which can be exchanged while it is used. A line whose beginning the old
 * sink has passed on already is finished there: the new sink gets what comes after it.
 */
import { type Inlet, LINE_LIMIT, NEWLINE, type Origin, type Sink } from "./sink.js";

/** A change that waits for the end of a line. */
interface Turn {
  sink: Sink;
  /** Bytes that the old sink still gets, should the line not end before. */
  room: number;
  readonly left: () => void;
}

export class Passage {
  readonly #origin: Origin;
  #inlet: Inlet;
  #turn: Turn | null = null;

  constructor(sink: Sink, origin: Origin) {
    this.#origin = origin;
    this.#inlet = sink.join(origin);
  }

  push(chunk: Buffer): void {
    const turn = this.#turn;
    if (turn === null) return this.#inlet.push(chunk);
    const allowed = chunk.subarray(0, turn.room);
    const cut = allowed.indexOf(NEWLINE) + 1 || allowed.length;
    this.#inlet.push(chunk.subarray(0, cut));
    turn.room -= cut;
    if (turn.room > 0 && chunk[cut - 1] !== NEWLINE) return;
    this.#enter(turn.sink);
    if (cut < chunk.length) this.#inlet.push(chunk.subarray(cut));
    this.#leave(turn);
  }

  /** The source is at its end. */
  end(): void {
    this.#inlet.end();
    if (this.#turn !== null) this.#leave(this.#turn);
  }

  /**
   * Makes what follows go to another sink.
   * @returns null when the sink until now has nothing to expect from here any more, else a promise of that
   */
  moveTo(sink: Sink): Promise<void> | null {
    if (this.#turn !== null) {
      // The sink that it was about to turn to has not seen it yet.
      this.#turn.sink = sink;
      return null;
    }
    if (!this.#inlet.midLine) {
      this.#enter(sink);
      return null;
    }
    return new Promise((left) => (this.#turn = { sink, room: LINE_LIMIT, left }));
  }

  #enter(sink: Sink): void {
    const unfinished = this.#inlet.leave();
    this.#inlet = sink.join(this.#origin);
    if (unfinished.length > 0) this.#inlet.push(unfinished);
  }

  #leave(turn: Turn): void {
    this.#turn = null;
    turn.left();
  }
}
