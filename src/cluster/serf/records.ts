/** What a serf agent says, read from its records. Go writes texts and bytes alike, so both come as bytes. */
import { hostAndPort } from "../../wire/circuit/address.js";
import type { Tags } from "./tags.js";

/** Of a node; `none` is one that serf has no more than heard of. */
export type SerfStatus = "none" | "alive" | "leaving" | "left" | "failed";

export interface SerfNode {
  readonly name: string;
  /** `HOST:PORT` where other agents reach it. */
  readonly place: string;
  readonly tags: Tags;
  readonly status: SerfStatus;
}

export type SerfEvent =
  | { readonly kind: "nodes"; readonly change: "join" | "leave" | "failed" | "update" | "reap"; readonly nodes: readonly SerfNode[] }
  | { readonly kind: "user"; readonly name: string; readonly payload: string };

export interface Header {
  readonly seq: number;
  /** Empty where all is well. */
  readonly error: string;
}

const CHANGES = {
  "member-join": "join",
  "member-leave": "leave",
  "member-failed": "failed",
  "member-update": "update",
  "member-reap": "reap",
} as const;
const STATUSES: readonly string[] = ["none", "alive", "leaving", "left", "failed"] satisfies readonly SerfStatus[];

const utf8 = new TextDecoder();

/** Null for what is none. */
export function readHeader(record: unknown): Header | null {
  const seq = field(record, "Seq");
  return typeof seq === "number" ? { seq, error: textOf(field(record, "Error")) } : null;
}

/** The nodes of an answer or of an event; what cannot be read is left out. */
export function readNodes(record: unknown): readonly SerfNode[] {
  const nodes = field(record, "Members");
  return Array.isArray(nodes) ? nodes.map(readNode).filter((node) => node !== null) : [];
}

/** Null for an event of another kind. */
export function readEvent(record: unknown): SerfEvent | null {
  const event = textOf(field(record, "Event"));
  if (event === "user") return { kind: "user", name: textOf(field(record, "Name")), payload: textOf(field(record, "Payload")) };
  const change = Object.entries(CHANGES).find(([name]) => name === event)?.[1];
  return change === undefined ? null : { kind: "nodes", change, nodes: readNodes(record) };
}

/** How many agents an answer to `join` speaks of. */
export function readCount(record: unknown): number {
  const count = field(record, "Num");
  return typeof count === "number" ? count : 0;
}

function readNode(record: unknown): SerfNode | null {
  const [name, status, port] = [textOf(field(record, "Name")), textOf(field(record, "Status")), field(record, "Port")];
  const address = field(record, "Addr");
  const tags = field(record, "Tags");
  if (!isStatus(status) || typeof port !== "number" || !(address instanceof Uint8Array) || name === "") return null;
  const pairs = typeof tags === "object" && tags !== null ? Object.entries(tags).map(([key, value]) => [key, textOf(value)] as const) : [];
  return { name, status, place: hostAndPort(hostOf(address), port), tags: Object.fromEntries(pairs) };
}

/** IPv4 in 4 bytes, or in 16 as IPv6 has it. @example `[127, 0, 0, 1]` is `127.0.0.1` */
function hostOf(bytes: Uint8Array): string {
  const isMapped = bytes.length === 16 && bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (bytes.length === 4 || isMapped) return [...bytes.subarray(-4)].join(".");
  const groups = Array.from({ length: bytes.length / 2 }, (_, at) => (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16));
  return groups.join(":");
}

function isStatus(text: string): text is SerfStatus {
  return STATUSES.includes(text);
}

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? utf8.decode(value) : typeof value === "string" ? value : "";
}

function field(record: unknown, name: string): unknown {
  return typeof record === "object" && record !== null ? Object.entries(record).find(([key]) => key === name)?.[1] : undefined;
}
