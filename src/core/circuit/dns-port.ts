/** What a name server needs of the host: a port that questions come to, over UDP and over TCP. */
import type { Result } from "../result.js";

export interface DnsSocket {
  /** `127.0.0.1:7711`, `[::]:34115`: what was bound. */
  readonly address: string;
  close(): Promise<void>;
}

/** The answer to a message; null where there is none to give. It never throws. */
export type AnswerDns = (question: Uint8Array, via: "udp" | "tcp") => Uint8Array | null;

/**
 * Binds `HOST:PORT`, the same port for both; an empty address is any port on all devices, port 0 any port. The failure says
 * why it cannot be.
 */
export type OpenDns = (address: string, answer: AnswerDns) => Promise<Result<DnsSocket, string>>;
