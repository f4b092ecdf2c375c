/** Takes apart what an engine sends of a container without a terminal: frames of stdout and stderr, each behind eight bytes. */

const HEADER = 8;

export class FrameReader {
  readonly #header = Buffer.alloc(HEADER);
  #filled = 0;
  /** Bytes of the present frame that are still to come. */
  #left = 0;
  readonly #onPayload: (bytes: Uint8Array) => void;

  /** @param onPayload called with each piece as it comes, which is valid during the call alone; frames are not put together */
  constructor(onPayload: (bytes: Uint8Array) => void) {
    this.#onPayload = onPayload;
  }

  /** @throws Error where the bytes are no frames, as of a container with a terminal */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      at += this.#left > 0 ? this.#takePayload(chunk.subarray(at)) : this.#takeHeader(chunk.subarray(at));
    }
  }

  #takePayload(chunk: Uint8Array): number {
    const piece = chunk.subarray(0, this.#left);
    this.#left -= piece.length;
    this.#onPayload(piece);
    return piece.length;
  }

  #takeHeader(chunk: Uint8Array): number {
    const piece = chunk.subarray(0, HEADER - this.#filled);
    this.#header.set(piece, this.#filled);
    this.#filled += piece.length;
    if (this.#filled < HEADER) return piece.length;
    // The number of the stream and three zeros, then the length.
    const lead = this.#header.readUInt32BE(0);
    if ((lead & 0xffffff) !== 0 || lead >>> 24 > 3) throw new Error("The engine sends something else than frames");
    this.#left = this.#header.readUInt32BE(4);
    this.#filled = 0;
    return piece.length;
  }
}
