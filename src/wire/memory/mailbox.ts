/** A queue with a bound and one reader who waits. */
export class Mailbox<T extends object> {
  readonly #waiting: T[] = [];
  readonly #room: number;
  #wake: (() => void) | null = null;
  #closed = false;

  /** @param room Messages that may wait; what comes beyond is dropped. */
  constructor(room: number) {
    this.#room = room;
  }

  get closed(): boolean {
    return this.#closed;
  }

  put(message: T): void {
    if (this.#closed || this.#waiting.length >= this.#room) return;
    this.#waiting.push(message);
    this.#wake?.();
  }

  /** Ends the reader at once; what still waits is lost. */
  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
    this.#wake?.();
  }

  async *drain(): AsyncGenerator<T, void, undefined> {
    while (!this.#closed) {
      const message = this.#waiting.shift();
      if (message !== undefined) yield message;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
