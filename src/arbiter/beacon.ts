/**
 * Tells whoever asks over UDP multicast where this daemon's endpoint is, as Circus does. Anybody can send a datagram, so
 * there is a limit on answers, nobody is told of an endpoint that only this host can reach, and an answer is not answered.
 */
import type { Clock, Discovery, Log, Millis, Question } from "../core/ports.js";
import { parseMulticast } from "../core/multicast.js";
import { decodeAnswer, encodeAnswer } from "../wire/discovery.js";

export interface BeaconParts {
  readonly discovery: Discovery;
  readonly clock: Pick<Clock, "now">;
  readonly log: Pick<Log, "info" | "warning">;
}

/** How long answers are counted together, and how many there may be meanwhile: of all, and to one host. */
const WINDOW: Millis = 1000;
const MOST = 50;
const MOST_TO_ONE = 10;

/** Endpoints that another host cannot reach, or would look for in the wrong place. */
const LOCAL = /^(ipc|inproc|memory):|^tcp:\/\/(localhost|127\.[\d.]+|\[?::1\]?):/i;

export class Beacon {
  readonly #parts: BeaconParts;
  #close: () => void = () => undefined;
  #closed = false;
  #since: Millis = -Infinity;
  /** Answers since then, by host. */
  readonly #answers = new Map<string, number>();

  constructor(parts: BeaconParts) {
    this.#parts = parts;
  }

  /** Answers from now on with this endpoint, at this address or nowhere. What goes wrong is told in the log: nothing depends on it. */
  async answerAt(address: string, endpoint: string): Promise<void> {
    this.#stop();
    const group = parseMulticast(address);
    if (group === null) return;
    const opened = await this.#parts.discovery.listen(group, (question) => this.#answer(question, endpoint));
    if (!opened.ok) return this.#parts.log.warning(`Cannot be discovered at "${address}": ${opened.failure}; everything else works`);
    if (this.#closed) return opened.value.close();
    this.#close = () => opened.value.close();
    this.#parts.log.info(`Can be discovered at ${address}`);
  }

  /** Answers nobody any more. */
  close(): void {
    this.#closed = true;
    this.#stop();
  }

  #stop(): void {
    this.#close();
    this.#close = () => undefined;
  }

  #answer({ text, host, isOwn }: Question, endpoint: string): string | null {
    // Somebody who pretends to be the group would have all daemons answer each other for ever.
    if (decodeAnswer(text) !== null) return null;
    if (LOCAL.test(endpoint) && !isOwn) return null;
    return this.#mayAnswer(host) ? encodeAnswer(endpoint) : null;
  }

  #mayAnswer(host: string): boolean {
    const now = this.#parts.clock.now();
    if (now - this.#since >= WINDOW) {
      this.#since = now;
      this.#answers.clear();
    }
    const toHost = this.#answers.get(host) ?? 0;
    const all = [...this.#answers.values()].reduce((sum, count) => sum + count, 0);
    if (toHost >= MOST_TO_ONE || all >= MOST) return false;
    this.#answers.set(host, toHost + 1);
    return true;
  }
}
