/** Asks all servers of a circuit for their figures once a second. Each has its own pace: one that is slow holds no other up. */
import { CallTimeout } from "../../client/errors.js";
import type { Clock, Millis } from "../../core/ports.js";
import { refusalOf } from "../../wire/reply.js";
import { through, type Asker } from "../through.js";
import { CircuitModel, type ListedServer } from "./circuit-model.js";
import type { Snapshot } from "./model.js";
import type { Source } from "./source.js";

const ROUND: Millis = 1000;

/** Seconds for an answer. */
const PATIENCE = 5;

export interface CircuitParts {
  readonly client: Asker;
  readonly clock: Clock;
  /** Seconds after which a process that is not heard of is forgotten. */
  readonly processTimeout: number;
}

export class CircuitSource implements Source {
  readonly #parts: CircuitParts;
  readonly #model: CircuitModel;
  /** Ids of those that have not answered yet; the list of members is asked under the empty name. */
  readonly #asked = new Set<string>();
  #heard: Millis | null = null;
  #end: { readonly resolve: () => void; readonly reject: (cause: unknown) => void } | null = null;
  #closed = false;
  #cancel = (): void => undefined;

  constructor(parts: CircuitParts) {
    this.#parts = parts;
    this.#model = new CircuitModel(parts.processTimeout);
  }

  run(changed: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
      if (this.#closed) resolve();
      else this.#round(changed);
    });
  }

  snapshot(): ReturnType<CircuitModel["snapshot"]> & Snapshot {
    return this.#model.snapshot(this.#parts.clock.now());
  }

  /** Whether every server that can answer has done so that often. */
  hasAnswered(times: number): boolean {
    return this.#heard !== null && this.#model.hasAnswered(times);
  }

  silence(): Millis | null {
    return this.#heard === null ? null : this.#parts.clock.now() - this.#heard;
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#end?.resolve();
  }

  #round(changed: () => void): void {
    if (this.#closed) return;
    this.#cancel = this.#parts.clock.after(ROUND, () => this.#round(changed));
    void this.#once("", async () => {
      for (const server of await this.#list()) void this.#once(server.id, () => this.#look(server, changed));
      changed();
    });
  }

  /** Nobody is asked again before the last answer. A silence is seen on the screen; the first refusal is the end. */
  async #once(id: string, ask: () => Promise<void>): Promise<void> {
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    try {
      await ask();
    } catch (cause) {
      if (!this.#closed && !(cause instanceof CallTimeout)) {
        this.#cancel();
        this.#end?.reject(cause);
      }
    } finally {
      this.#asked.delete(id);
    }
  }

  async #list(): Promise<readonly ListedServer[]> {
    const { client, clock } = this.#parts;
    const { reply } = await client.send("members", {}, { timeout: PATIENCE });
    const refusal = refusalOf(reply);
    if (refusal === null) {
      this.#heard = clock.now();
      return this.#model.list(reply, this.#heard);
    }
    // circusd may be about to end, or has just begun: that does not last.
    if (this.#heard === null) throw new Error(refusal.reason);
    return [];
  }

  async #look({ id, self }: ListedServer, changed: () => void): Promise<void> {
    const { client, clock } = this.#parts;
    const there = self ? client : through(client, id);
    const [stats, own] = await Promise.all(
      ["stats", "dstats"].map(async (command) => (await there.send(command, {}, { timeout: PATIENCE })).reply),
    );
    if (stats === undefined || own === undefined || refusalOf(stats) !== null) return;
    this.#model.answer(id, { stats, own }, clock.now());
    changed();
  }
}
