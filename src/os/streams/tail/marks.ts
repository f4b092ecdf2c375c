/**
 * Where pieces of output end: a queue of marks in plain memory, so that hundreds of them for each of thousands
 * of processes cost no objects.
 */

/** The end of a piece that was read at once, after its last line end. */
export interface Mark {
  /** Bytes of this stream up to here. */
  readonly end: number;
  /** Bytes of all streams of the watcher that were finished up to here: the order of arrival. */
  readonly position: number;
  /** Seconds since the epoch. */
  readonly time: number;
}

const FIELDS = 3;
const FIRST_ROOM = 8;

export class Marks {
  #fields = new Float64Array(0);
  #first = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push({ end, position, time }: Mark): void {
    if (this.#size === this.#room) this.fit(Math.max(FIRST_ROOM, this.#size * 2));
    this.#fields.set([end, position, time], this.#place(this.#size));
    this.#size += 1;
  }

  /** @param index 0 is the oldest */
  at(index: number): Mark {
    if (index < 0 || index >= this.#size) throw new Error(`internal: no mark ${index} of ${this.#size}`);
    const place = this.#place(index);
    const [end = 0, position = 0, time = 0] = this.#fields.subarray(place, place + FIELDS);
    return { end, position, time };
  }

  /** Forgets the oldest. */
  shift(): void {
    this.#first = (this.#first + 1) % this.#room;
    this.#size -= 1;
  }

  /** Makes room for so many, which must be no fewer than there are. */
  fit(room: number): void {
    const fields = new Float64Array(room * FIELDS);
    for (let index = 0; index < this.#size; index++) {
      const place = this.#place(index);
      fields.set(this.#fields.subarray(place, place + FIELDS), index * FIELDS);
    }
    this.#fields = fields;
    this.#first = 0;
  }

  /** The oldest whose position lies after that one; `size` where there is none. */
  after(position: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#fields[this.#place(middle) + 1] ?? 0) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  get #room(): number {
    return this.#fields.length / FIELDS;
  }

  #place(index: number): number {
    return ((this.#first + index) % this.#room) * FIELDS;
  }
}
