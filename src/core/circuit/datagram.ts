/** What servers of a circuit say and ask by multicast, as text. Whoever has the key signs it; the signing is not done here. */
import type { Announcement } from "./announcer-port.js";

export type Datagram =
  | { readonly kind: "announcement"; readonly announcement: Announcement }
  /** Any server may answer it. The number makes no two of them alike. */
  | { readonly kind: "question"; readonly nonce: string };

/** Bytes of a datagram that are looked at. */
export const MAX_DATAGRAM = 1024;

/** Without a signature it is only believed about the own host. */
export interface Signed {
  readonly datagram: Datagram;
  readonly mac: string | null;
}

/** The text to be signed: no two datagrams that mean something else have the same. */
export function signable(datagram: Datagram): string {
  return datagram.kind === "question"
    ? `circuit 1 question ${datagram.nonce}`
    : `circuit 1 announcement ${datagram.announcement.worker} ${datagram.announcement.address}`;
}

export function encodeDatagram({ datagram, mac }: Signed): string {
  const body = datagram.kind === "question" ? { question: datagram.nonce } : datagram.announcement;
  return JSON.stringify({ circuit: 1, ...body, ...(mac === null ? {} : { mac }) });
}

/** Null where the text is none, as datagrams of other programs are. */
export function decodeDatagram(text: string): Signed | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("circuit" in value) || value.circuit !== 1) return null;
    const mac = "mac" in value && typeof value.mac === "string" ? value.mac : null;
    if ("question" in value) {
      return typeof value.question === "string" ? { datagram: { kind: "question", nonce: value.question }, mac } : null;
    }
    if (!("address" in value) || !("worker" in value)) return null;
    const { address, worker } = value;
    if (typeof address !== "string" || typeof worker !== "string" || !ADDRESS.test(address) || !WORKER.test(worker)) return null;
    return { datagram: { kind: "announcement", announcement: { address, worker } }, mac };
  } catch {
    return null;
  }
}

/** It is shown in logs and on terminals, so nothing else may be in it. */
const ADDRESS = /^circuit:\/\/[\x21-\x7e]{1,280}$/;
const WORKER = /^Q[0-9a-f]{16}$/;

/** Whether an address can only be meant for the own host. */
export function isLocalAddress(address: string): boolean {
  return /^circuit:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\]):/i.test(address);
}
