/** A queue from whose middle something can be taken as quickly as from its head. */
export interface Place<T> {
  readonly value: T;
  /** Who stands before and after it; null where nobody does. */
  before: Place<T> | null;
  after: Place<T> | null;
  gone: boolean;
}

/** @example `const place = fifo.push(message); fifo.remove(place);` */
export class Fifo<T> {
  #first: Place<T> | null = null;
  #last: Place<T> | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Null where it is empty. */
  get first(): T | null {
    return this.#first?.value ?? null;
  }

  push(value: T): Place<T> {
    const place: Place<T> = { value, before: this.#last, after: null, gone: false };
    if (this.#last === null) this.#first = place;
    else this.#last.after = place;
    this.#last = place;
    this.#size += 1;
    return place;
  }

  /** Takes the first; null where there is none. */
  shift(): T | null {
    const place = this.#first;
    if (place === null) return null;
    this.remove(place);
    return place.value;
  }

  /** Takes all of them, in order; what comes meanwhile too. */
  *drain(): Generator<T, void, undefined> {
    for (let place = this.#first; place !== null; place = this.#first) {
      this.remove(place);
      yield place.value;
    }
  }

  /** What is gone already stays so. */
  remove(place: Place<T>): void {
    if (place.gone) return;
    place.gone = true;
    this.#size -= 1;
    if (place.before === null) this.#first = place.after;
    else place.before.after = place.after;
    if (place.after === null) this.#last = place.before;
    else place.after.before = place.before;
  }
}
