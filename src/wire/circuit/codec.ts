/**
 * Packets as the frames of a ZeroMQ message. The first frame holds packets one after another, each as two lengths of four
 * bytes, big-endian, and then as many bytes of head, which is JSON, and of body. A large body is a frame of its own, in the
 * order of the packets, so that it is not copied; then the top bit of its length is set.
 */
import { fail, succeed, type Result } from "../../core/result.js";
import { decodeJson, isObject, isTooDeep } from "../codec.js";
import { MAX_HEAD, MAX_PART, type Packet } from "./packet.js";

/** Bodies up to so many bytes are packed: to copy them costs less than a frame. */
const PACKED = 8 * 1024;
const LENGTHS = 8;
const APART = 0x8000_0000;
/** Characters of a text that is for people. */
const MAX_TEXT = 16 * 1024;
const MAX_NAME = 255;
const NO_BYTES = new Uint8Array(0);

const utf8 = new TextEncoder();

/** A packet that is ready to leave. */
export interface Encoded {
  readonly head: Uint8Array;
  readonly body: Uint8Array;
}

/** The failure says what is wrong with the packet: it is too large, or has no JSON form. */
export function encodePacket(packet: Packet): Result<Encoded, string> {
  const body = bodyOf(packet);
  if (body.length > MAX_PART) return fail(`${body.length} bytes of data at once are more than ${MAX_PART}`);
  let text: string;
  try {
    const head = headOf(packet);
    text = JSON.stringify(head);
    if (isTooDeep(head, text.length)) return fail("it is nested too deeply");
  } catch (cause) {
    return fail(cause instanceof Error ? cause.message : String(cause));
  }
  const head = utf8.encode(text);
  return head.length > MAX_HEAD ? fail(`${head.length} bytes are more than ${MAX_HEAD}`) : succeed({ head, body });
}

function bodyOf(packet: Packet): Uint8Array {
  if (packet.kind === "open") return packet.body;
  return packet.kind === "data" ? packet.part.body : NO_BYTES;
}

function headOf(packet: Packet): object {
  switch (packet.kind) {
    case "open": {
      const { body: _, ...head } = packet;
      return head;
    }
    case "data":
      return { kind: packet.kind, call: packet.call, mine: packet.mine, value: packet.part.value };
    case "error":
      return { ...packet, message: packet.message.slice(0, MAX_TEXT) };
    case "cancel":
    case "bye":
      return { ...packet, reason: packet.reason.slice(0, MAX_TEXT) };
    case "end":
    case "credit":
    case "result":
      return packet;
  }
}

/** Bytes that a packet takes in the first frame. */
export function packedSize({ head, body }: Encoded): number {
  return LENGTHS + head.length + (isApart(body) ? 0 : body.length);
}

function isApart(body: Uint8Array): boolean {
  return body.length > PACKED;
}

/** The frames of one message. Large bodies are not copied and must not be changed afterwards. */
export function packMessage(packets: readonly Encoded[]): Uint8Array[] {
  const packed = new Uint8Array(packets.reduce((sum, packet) => sum + packedSize(packet), 0));
  const view = new DataView(packed.buffer);
  const frames: Uint8Array[] = [packed];
  let at = 0;
  for (const { head, body } of packets) {
    const apart = isApart(body);
    view.setUint32(at, head.length);
    view.setUint32(at + 4, apart ? body.length + APART : body.length);
    packed.set(head, at + LENGTHS);
    at += LENGTHS + head.length;
    if (apart) frames.push(body);
    else {
      packed.set(body, at);
      at += body.length;
    }
  }
  return frames;
}

/** Reads a message of an unknown sender: all of it or, where anything is wrong, nothing. */
export function unpackMessage(frames: readonly Uint8Array[]): Result<readonly Packet[], string> {
  const [first = NO_BYTES, ...apart] = frames;
  const view = new DataView(first.buffer, first.byteOffset, first.byteLength);
  // Frames are Buffers, whose slice would copy nothing.
  const packed = new Uint8Array(first.buffer, first.byteOffset, first.byteLength);
  const packets: Packet[] = [];
  let at = 0;
  let taken = 0;
  while (at < packed.length) {
    if (packed.length - at < LENGTHS) return fail("a packet is cut off");
    const headLength = view.getUint32(at);
    const length = view.getUint32(at + 4);
    const isOutside = length >= APART;
    const bodyLength = isOutside ? length - APART : length;
    if (headLength > MAX_HEAD) return fail(`a head of ${headLength} bytes`);
    if (bodyLength > MAX_PART) return fail(`${bodyLength} bytes of data at once`);
    const bodyAt = at + LENGTHS + headLength;
    at = isOutside ? bodyAt : bodyAt + bodyLength;
    if (at > packed.length) return fail("a packet is cut off");
    // A small body is copied: a view of it would keep the whole frame for as long as somebody keeps the body.
    const body = isOutside ? apart[taken++] : packed.slice(bodyAt, at);
    if (body?.length !== bodyLength) return fail("a frame of data is missing, or has another length than was said");
    const packet = readPacket(packed.subarray(bodyAt - headLength, bodyAt), body);
    if (!packet.ok) return packet;
    packets.push(packet.value);
  }
  return taken === apart.length ? succeed(packets) : fail("frames that belong to no packet");
}

function readPacket(bytes: Uint8Array, body: Uint8Array): Result<Packet, string> {
  const head = decodeJson(bytes);
  if (!head.ok) return fail(`a head that cannot be read: ${head.failure}`);
  const packet = isObject(head.value) ? packetOf(head.value, body) : null;
  if (packet === null) return fail(`a head that is none: ${excerpt(bytes)}`);
  return body.length > 0 && packet.kind !== "open" && packet.kind !== "data" ? fail(`data with "${packet.kind}"`) : succeed(packet);
}

/** Null where a field is missing or is not what it should be; fields too many do not matter. */
function packetOf(head: Readonly<Record<string, unknown>>, body: Uint8Array): Packet | null {
  const { kind, call, mine } = head;
  if (kind === "bye") return isText(head.reason, MAX_TEXT) ? { kind, reason: head.reason } : null;
  if (!isCount(call)) return null;
  switch (kind) {
    case "open": {
      const { method, params = null, deadline, to, ended } = head;
      if (!isText(method, MAX_NAME) || typeof ended !== "boolean") return null;
      if (to !== null && !isText(to, MAX_NAME)) return null;
      if (deadline !== null && !isDelay(deadline)) return null;
      return { kind, call, method, params, deadline, to, body, ended };
    }
    case "result":
      return { kind, call, value: head.value ?? null };
    case "error":
      return isText(head.code, MAX_NAME) && isText(head.message, MAX_TEXT) ? { kind, call, code: head.code, message: head.message } : null;
    case "cancel":
      return isText(head.reason, MAX_TEXT) ? { kind, call, reason: head.reason } : null;
    case "data":
      if (typeof mine !== "boolean") return null;
      return { kind, call, mine, part: head.value === undefined ? { body } : { value: head.value, body } };
    case "end":
      return typeof mine === "boolean" ? { kind, call, mine } : null;
    case "credit":
      return typeof mine === "boolean" && isCount(head.bytes) ? { kind, call, mine, bytes: head.bytes } : null;
    default:
      return null;
  }
}

function isText(value: unknown, longest: number): value is string {
  return typeof value === "string" && value.length <= longest;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isDelay(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function excerpt(bytes: Uint8Array): string {
  return JSON.stringify(new TextDecoder().decode(bytes.subarray(0, 100)));
}
