/** What carries requests and events; made real in `zmq/`, and of memory in `memory/` for tests and embedding. */

/** A request as it came from the wire. `respond` may be called once; after the peer is gone it does nothing. */
export interface Incoming {
  /** Without the peer's identity and without the empty frame that a REQ socket puts first. */
  readonly frames: readonly Uint8Array[];
  respond(body: string): void;
}

export interface ControlServer {
  /** With the port that was really bound where 0 or `*` was asked for. */
  readonly endpoint: string;
  close(): Promise<void>;
}

export interface EventServer {
  readonly endpoint: string;
  /** Never blocks and never fails: a subscriber that does not read loses events beyond the high-water mark. */
  publish(topic: string, body: string): void;
  close(): Promise<void>;
}

export interface ControlConnection {
  send(body: string): Promise<void>;
  /** Ends when closed. */
  replies(): AsyncIterable<Uint8Array>;
  close(): void;
}

export interface EventConnection extends AsyncIterable<{ readonly topic: string; readonly body: Uint8Array }> {
  close(): void;
}

export interface ServeLimits {
  /** Bytes of the largest frame; a peer that sends a larger one is cut off. */
  readonly maxFrame: number;
}

export interface Transport {
  /** Binds; rejects with a message that names the endpoint and the cause, such as one already in use. */
  serve(endpoint: string, limits: ServeLimits, onRequest: (incoming: Incoming) => void): Promise<ControlServer>;
  publish(endpoint: string): Promise<EventServer>;
  connect(endpoint: string): ControlConnection;
  /** Subscribes to topics by prefix; `[""]` is all. */
  subscribe(endpoint: string, topics: readonly string[]): EventConnection;
}
