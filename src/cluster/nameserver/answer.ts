/** Questions of DNS to answers: bytes in, bytes out. Whatever comes in, nothing is thrown. */
import {
  AUTHORITATIVE_ANSWER,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
  decode,
  encode,
  type Answer,
  type DecodedPacket,
  type Packet,
} from "dns-packet";
import type { AnswerDns } from "../../core/circuit/dns-port.js";
import type { DnsRecord } from "./presentation.js";
import type { Zone } from "./zone.js";

const RCODE = { done: 0, malformed: 1, nowhere: 3, unknown: 4, refused: 5, version: 16 } as const;

/** Bytes that an asker takes over UDP who does not say (RFC 1035), and the most that is sent to one who does. */
const PLAIN_UDP = 512;
const MOST_UDP = 1232;
const MOST_TCP = 65_535;

const HEADER = 12;
const OPCODE = 0x7800;
const RESPONSE = 0x8000;

/** Makes the answers of a zone. A message that is no question gets none. */
export function answerFrom(zone: Zone): AnswerDns {
  return (message, via) => {
    const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    if (bytes.length < HEADER || (bytes.readUInt16BE(2) & RESPONSE) !== 0) return null;
    try {
      return respond(zone, decode(bytes), via);
    } catch {
      return header(bytes, RCODE.malformed);
    }
  };
}

function respond(zone: Zone, asked: DecodedPacket, via: "udp" | "tcp"): Uint8Array {
  const { questions = [], additionals = [], flags = 0 } = asked;
  const edns = additionals.find((one) => one.type === "OPT");
  const [question, ...others] = questions;
  const reply: Packet = { type: "response", id: asked.id ?? 0, questions };
  const finish = (rcode: number, records: readonly DnsRecord[], authority: DnsRecord | null): Uint8Array => {
    const additional: Answer[] = edns === undefined ? [] : [optionFor(rcode)];
    const bits = (flags & RECURSION_DESIRED) | AUTHORITATIVE_ANSWER | (rcode & 0xf);
    const whole = {
      ...reply,
      flags: bits,
      answers: records.map(toAnswer),
      authorities: authority === null ? [] : [toAnswer(authority)],
      additionals: additional,
    };
    const limit = via === "tcp" ? MOST_TCP : Math.min(MOST_UDP, Math.max(PLAIN_UDP, edns?.udpPayloadSize ?? PLAIN_UDP));
    const packed = encode(whole);
    // Who sees this bit asks again over TCP.
    return packed.length <= limit ? packed : encode({ ...reply, flags: bits | TRUNCATED_RESPONSE, additionals: additional });
  };
  if ((flags & OPCODE) !== 0) return finish(RCODE.unknown, [], null);
  if (question === undefined || others.length > 0) return finish(RCODE.malformed, [], null);
  if (edns !== undefined && edns.ednsVersion > 0) return finish(RCODE.version, [], null);
  if (question.class !== undefined && question.class !== "IN" && question.class !== "ANY") return finish(RCODE.refused, [], null);
  const found = zone.find(question.name, question.type);
  if (found.kind === "nowhere") return finish(RCODE.nowhere, [], zone.authority(question.name));
  return finish(RCODE.done, found.records, found.records.length > 0 ? null : zone.authority(question.name));
}

function toAnswer({ name, ttl, answer }: DnsRecord): Answer {
  return answer({ name, ttl, class: "IN" });
}

function optionFor(rcode: number): Answer {
  return {
    type: "OPT",
    name: ".",
    udpPayloadSize: MOST_UDP,
    extendedRcode: rcode >> 4,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
}

/** The answer to what could not be read beyond its header. */
function header(bytes: Buffer, rcode: number): Uint8Array {
  const reply = Buffer.alloc(HEADER);
  bytes.copy(reply, 0, 0, 2);
  reply.writeUInt16BE(RESPONSE | (bytes.readUInt16BE(2) & (OPCODE | RECURSION_DESIRED)) | rcode, 2);
  return reply;
}
