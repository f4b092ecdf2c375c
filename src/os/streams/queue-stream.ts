/** QueueStream: output in memory, for a program that uses circusd as a library. */
import type { Account } from "./sink.js";
import type { StreamRecord, Taker } from "./record-sink.js";

/** Bytes that wait for a reader before the oldest records are dropped. */
export const QUEUE_LIMIT = 16 * 1024 * 1024;

interface Held {
  readonly record: StreamRecord;
  readonly account: Account;
}

/**
 * A bounded queue of records, read with `for await`. A reader that is too slow loses the oldest records;
 * the channel's `dropped` counts them. Only one reader at a time gets each record.
 * @example `for await (const { data, pid } of queue) process.stdout.write(data)`
 */
export class QueueStream implements Taker, AsyncIterable<StreamRecord> {
  #held: Held[] = [];
  #size = 0;
  #readers: ((record: IteratorResult<StreamRecord, undefined>) => void)[] = [];
  #closed = false;

  /** Bytes that wait for a reader. */
  get size(): number {
    return this.#size;
  }

  put(record: StreamRecord, account: Account): void {
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader({ done: false, value: record });
    this.#held.push({ record, account });
    this.#size += record.data.length;
    while (this.#size > QUEUE_LIMIT) {
      const oldest = this.#held.shift();
      if (oldest === undefined) break;
      this.#size -= oldest.record.data.length;
      oldest.account.dropped += oldest.record.data.length;
    }
  }

  /** What is held can still be read; after that the iteration ends. */
  close(): Promise<void> {
    this.#closed = true;
    for (const reader of this.#readers) reader({ done: true, value: undefined });
    this.#readers = [];
    return Promise.resolve();
  }

  [Symbol.asyncIterator](): AsyncIterator<StreamRecord, undefined> {
    return { next: () => this.#next() };
  }

  #next(): Promise<IteratorResult<StreamRecord, undefined>> {
    const first = this.#held.shift();
    if (first !== undefined) {
      this.#size -= first.record.data.length;
      return Promise.resolve({ done: false, value: first.record });
    }
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }
}
