/** Keeps a connection to the serf agent of this server: whoever supervises it starts it again, and it is connected to again. */
import type { OpenByteStream, SerfAgent } from "../../core/circuit/serf-port.js";
import type { Cancel, Clock, Log, Millis } from "../../core/ports.js";
import { AgentConnection } from "./agent-connection.js";
import type { SerfEvent } from "./records.js";

export interface AgentParts {
  readonly open: OpenByteStream;
  readonly agent: SerfAgent;
  /** User events to be told of. */
  readonly userEvent: string;
  readonly clock: Clock;
  readonly log: Log;
  /** It is connected; resolves when what must be done first has been done. */
  readonly onUp: (connection: AgentConnection) => Promise<void>;
  readonly onEvent: (event: SerfEvent) => void;
}

/** Between attempts, which cost next to nothing on one host: an agent that dies is there again in a moment. */
const FIRST_GAP: Millis = 30;
const GROWTH = 1.5;
const LONGEST_GAP: Millis = 2000;
/** After that long it is seen to that it is started. */
const DOZE: Millis = 1000;
/** After that long somebody should look. */
const PATIENCE: Millis = 5000;
const TIMEOUT: Millis = 2000;

export class Agent {
  readonly #parts: AgentParts;
  #connection: AgentConnection | null = null;
  #waiting: (() => void)[] = [];
  #cancel: Cancel = () => undefined;
  #downSince: Millis;
  #gap = FIRST_GAP;
  /** What the log says of it: it runs, it has ended, or why it does not come back. */
  #told: "runs" | "ended" | "why" = "runs";
  #closed = false;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#downSince = parts.clock.now();
    this.#cancel = parts.clock.after(0, () => void this.#attempt());
  }

  /** Null while there is none. */
  get connection(): AgentConnection | null {
    return this.#connection;
  }

  /** The connection when there is one, but not after so long. */
  async connected(timeout: Millis): Promise<AgentConnection | null> {
    if (this.#connection !== null || this.#closed) return this.#connection;
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.clock.after(timeout, resolve);
      this.#waiting.push(() => (cancel(), resolve()));
    });
    return this.#connection;
  }

  /** Its end is expected from now on. */
  retire(): void {
    this.#closed = true;
    this.#cancel();
  }

  close(): void {
    this.retire();
    this.#connection?.close();
    this.#connection = null;
    this.#tell();
  }

  async #attempt(): Promise<void> {
    const { clock, log, agent } = this.#parts;
    const why = await this.#connect();
    if (this.#closed) return;
    if (why === null) {
      if (this.#told !== "runs") log.info("The serf agent is there again");
      this.#told = "runs";
      return;
    }
    const down = clock.now() - this.#downSince;
    // Somebody may have stopped it with everything else.
    if (down > DOZE) await agent.awake();
    if (this.#told !== "why" && down > PATIENCE) {
      this.#told = "why";
      log.warning(`The serf agent of this server does not run: ${(await agent.lastWords()) ?? why}; trying on, nobody is found until then`);
    }
    if (this.#isClosed()) return;
    this.#cancel = clock.after(this.#gap, () => void this.#attempt());
    this.#gap = Math.min(LONGEST_GAP, this.#gap * GROWTH);
  }

  /** @returns why it cannot; null where it can */
  async #connect(): Promise<string | null> {
    const { open, agent, clock, onEvent, userEvent } = this.#parts;
    const opened = await open(agent, TIMEOUT);
    if (!opened.ok) return opened.failure;
    const connection = new AgentConnection({ stream: opened.value, clock, onEvent });
    try {
      await connection.begin(agent.key, userEvent);
      await this.#parts.onUp(connection);
    } catch (cause) {
      connection.close();
      return cause instanceof Error ? cause.message : String(cause);
    }
    if (this.#closed) {
      connection.close();
      return null;
    }
    this.#connection = connection;
    this.#gap = FIRST_GAP;
    this.#tell();
    void connection.ended.then(() => this.#lost());
    return null;
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #lost(): void {
    this.#connection = null;
    if (this.#closed) return;
    this.#parts.log.warning("The serf agent of this server has ended; it is started again, and the members stay as they were until then");
    this.#told = "ended";
    this.#downSince = this.#parts.clock.now();
    void this.#attempt();
  }

  #tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
