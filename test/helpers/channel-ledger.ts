/**
 * What a channel has to do with its messages, checked against what its clients saw. It promises that
 * - what its sender was told to be safe is received, at least once, for as long as the channel's server lives;
 * - what a receiver was told to be acknowledged is not received by anybody who asks afterwards;
 * - nothing is received that was not sent, and nothing but whole.
 * A message of which neither sender nor receiver was told anything, because the way to the server broke, may have arrived or not.
 */

interface Fate {
  readonly size: number;
  /** Its sender was told that it is safe. */
  safe: boolean;
  /** When a receiver was told that it is acknowledged, in turns of the ledger. */
  acknowledged: number | null;
  /** A receiver tried to acknowledge it and was told nothing. */
  doubtful: boolean;
  times: number;
}

/** Somebody asks for a message. */
export type Asking = number;

export class ChannelLedger {
  readonly faults: string[] = [];
  readonly #name: string;
  readonly #fates = new Map<number, Fate>();
  #turn = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** A message that is going to be sent. */
  write(size: number): { readonly number: number; readonly body: Uint8Array } {
    const number = this.#fates.size;
    this.#fates.set(number, { size, safe: false, acknowledged: null, doubtful: false, times: 0 });
    return { number, body: bodyOf(number, size) };
  }

  safe(number: number): void {
    this.#fate(number).safe = true;
  }

  asks(): Asking {
    return ++this.#turn;
  }

  /** Somebody has a message. @returns its number; null for what was never sent */
  received(body: Uint8Array, asking: Asking): number | null {
    const number = Number(Buffer.from(body.subarray(0, DIGITS)).toString("latin1"));
    const fate = this.#fates.get(number);
    if (fate === undefined || !Buffer.from(body).equals(bodyOf(number, fate.size))) {
      this.#fault(`${body.length} bytes came that nobody has sent so: "${Buffer.from(body.subarray(0, 40)).toString("latin1")}"`);
      return null;
    }
    fate.times += 1;
    if (fate.acknowledged !== null && fate.acknowledged < asking) this.#fault(`message ${number} came again after it was acknowledged`);
    return number;
  }

  acknowledged(number: number): void {
    const fate = this.#fate(number);
    if (fate.acknowledged !== null) this.#fault(`message ${number} was acknowledged to two receivers`);
    fate.acknowledged = ++this.#turn;
  }

  doubtful(number: number): void {
    this.#fate(number).doubtful = true;
  }

  /** The channel was emptied. @returns what is wrong with it */
  settle(): readonly string[] {
    for (const [number, { safe, acknowledged, doubtful }] of this.#fates) {
      if (safe && acknowledged === null && !doubtful) this.#fault(`message ${number} was safe and is lost`);
    }
    return this.faults;
  }

  figures(): { readonly sent: number; readonly safe: number; readonly acknowledged: number; readonly again: number } {
    const fates = [...this.#fates.values()];
    return {
      sent: fates.length,
      safe: fates.filter(({ safe }) => safe).length,
      acknowledged: fates.filter(({ acknowledged }) => acknowledged !== null).length,
      again: fates.reduce((sum, { times }) => sum + Math.max(0, times - 1), 0),
    };
  }

  #fate(number: number): Fate {
    const fate = this.#fates.get(number);
    if (fate === undefined) throw new Error(`no message ${number} in the ledger`);
    return fate;
  }

  #fault(what: string): void {
    this.faults.push(`${this.#name}: ${what}`);
  }
}

const DIGITS = 8;

/** Its number, and then bytes that no other message has at that place. */
function bodyOf(number: number, size: number): Uint8Array {
  const body = Buffer.alloc(DIGITS + size, `(${number}) `);
  body.write(String(number).padStart(DIGITS, "0"), 0, "latin1");
  return body;
}
