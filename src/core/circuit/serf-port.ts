/** What the serf engine needs of the host: an agent that is kept running, and a connection to it. */
import type { Millis } from "../ports.js";
import type { Result } from "../result.js";

/** Bytes to and from a program on this host. */
export interface ByteStream {
  /** What comes, until either side ends it; read once. It ends without an error where the connection breaks. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Never throws; what cannot be sent any more is dropped. */
  write(bytes: Uint8Array): void;
  close(): void;
}

/** Connects to a TCP port. Does not keep the program alive. The failure says why it cannot. */
export type OpenByteStream = (
  place: { readonly host: string; readonly port: number },
  timeout: Millis,
) => Promise<Result<ByteStream, string>>;

/** The agent of this server, which somebody supervises: it is started again whenever it dies. */
export interface SerfAgent {
  /** Of its RPC. */
  readonly host: string;
  readonly port: number;
  /** Without which its RPC does nothing. */
  readonly key: string;
  /** @param name of the node, no other's in the circuit @throws Error that says why it cannot run */
  start(name: string, tags: Readonly<Record<string, string>>): Promise<void>;
  /** It does not answer: sees that it is kept running. Never rejects. */
  awake(): Promise<void>;
  /** Why it ended, in its own words; null where it said nothing. Never rejects. */
  lastWords(): Promise<string | null>;
  /** Lets it say good-bye, and ends it. Never rejects. */
  stop(): Promise<void>;
}
