/**
 * One connection to the RPC of a serf agent: records of MessagePack, one after the other. A request is a header with a
 * number and, for most commands, a body; the answer has the same number, and so have the events of a stream.
 */
import { decodeMultiStream, encode } from "@msgpack/msgpack";
import type { ByteStream } from "../../core/circuit/serf-port.js";
import type { Clock, Millis } from "../../core/ports.js";
import { readCount, readEvent, readHeader, readNodes, type SerfEvent, type SerfNode } from "./records.js";
import type { Tags } from "./tags.js";

export interface ConnectionParts {
  readonly stream: ByteStream;
  readonly clock: Pick<Clock, "after">;
  readonly onEvent: (event: SerfEvent) => void;
}

interface Waiting {
  readonly hasBody: boolean;
  readonly resolve: (body: unknown) => void;
  readonly reject: (cause: Error) => void;
}

const RPC_VERSION = 1;
/** For an answer. The agent tries each address of a join for up to ten seconds. */
const PATIENCE: Millis = 15_000;
/** Of bytes in one text, and of members in one list: what is longer is no agent's. */
const LONGEST = 1 << 20;
const MOST = 100_000;

const EVENTS = ["member-join", "member-leave", "member-failed", "member-update", "member-reap"];

const utf8 = new TextEncoder();

export class AgentConnection {
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<void>;
  readonly #parts: ConnectionParts;
  readonly #waiting = new Map<number, Waiting>();
  #events: number | null = null;
  #last = 0;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.ended = this.#read();
  }

  /** Says who this is and asks for events, user events of that name among them. @throws Error that says what the agent refused */
  async begin(key: string, userEvent: string): Promise<void> {
    await this.#ask("handshake", { Version: RPC_VERSION });
    await this.#ask("auth", { AuthKey: key });
    this.#events = this.#last + 1;
    await this.#ask("stream", { Type: [...EVENTS, `user:${userEvent}`].join(",") });
  }

  /** @throws Error as all of these do, where the agent refuses or is gone */
  async members(): Promise<readonly SerfNode[]> {
    return readNodes(await this.#ask("members", null, true));
  }

  /** @returns how many of these could be joined */
  async join(places: readonly string[]): Promise<number> {
    return readCount(await this.#ask("join", { Existing: places, Replay: false }, true));
  }

  async setTags(tags: Tags): Promise<void> {
    await this.#ask("tags", { Tags: tags, DeleteTags: [] });
  }

  /** Tells all nodes, this one too. */
  async tell(name: string, payload: string): Promise<void> {
    await this.#ask("event", { Name: name, Payload: utf8.encode(payload), Coalesce: false });
  }

  close(): void {
    this.#parts.stream.close();
  }

  #ask(command: string, body: unknown, hasBody = false): Promise<unknown> {
    this.#last += 1;
    const seq = this.#last;
    return new Promise((resolve, reject) => {
      const cancel = this.#parts.clock.after(PATIENCE, () => {
        // What comes after all could not be told from the answer to something else.
        this.#waiting.delete(seq);
        reject(new Error(`the serf agent has not answered "${command}" within ${PATIENCE / 1000} s`));
        this.close();
      });
      this.#waiting.set(seq, {
        hasBody,
        resolve: (value) => (cancel(), resolve(value)),
        reject: (cause) => (cancel(), reject(cause)),
      });
      this.#parts.stream.write(encode({ Command: command, Seq: seq }));
      if (body !== null) this.#parts.stream.write(encode(body));
    });
  }

  async #read(): Promise<void> {
    const limits = { rawStrings: true, maxBinLength: LONGEST, maxStrLength: LONGEST, maxArrayLength: MOST, maxMapLength: MOST };
    let why = "the serf agent has ended";
    try {
      const records = decodeMultiStream<undefined>(readable(this.#parts.stream.chunks), limits);
      for (let next = await records.next(); next.done !== true; next = await records.next()) {
        const header = readHeader(next.value);
        if (header === null) throw new Error("no header");
        const waiting = this.#waiting.get(header.seq);
        if (waiting === undefined && header.seq !== this.#events) throw new Error(`an answer to nothing, ${header.seq}`);
        const body = waiting === undefined || waiting.hasBody ? (await records.next()).value : null;
        this.#take(header, waiting, body);
      }
    } catch (cause) {
      why = `the serf agent says what cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    }
    this.close();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new Error(why));
  }

  #take({ seq, error }: { readonly seq: number; readonly error: string }, waiting: Waiting | undefined, body: unknown): void {
    if (waiting === undefined) {
      const event = readEvent(body);
      if (event !== null) this.#parts.onEvent(event);
      return;
    }
    this.#waiting.delete(seq);
    if (error === "") waiting.resolve(body);
    else waiting.reject(new Error(error.replace(/\s+/g, " ").trim()));
  }
}

/** As the decoder wants it: its end is no fault, though the last record may be missing. */
async function* readable(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const chunk of chunks) yield new Uint8Array(chunk);
}
