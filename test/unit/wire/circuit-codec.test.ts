import assert from "node:assert/strict";
import test from "node:test";
import { encodePacket, packMessage, unpackMessage, type Encoded } from "../../../src/wire/circuit/codec.js";
import { MAX_HEAD, MAX_PART, type Packet } from "../../../src/wire/circuit/packet.js";

const NO_BYTES = new Uint8Array(0);
const OPEN = { kind: "open", call: 1, method: "ping", params: {}, deadline: null, to: null, body: NO_BYTES, ended: true } as const;

const PACKETS: readonly Packet[] = [
  OPEN,
  { ...OPEN, call: 0, params: { path: ["ä", "💥"], n: [1, null] }, deadline: 1.5, to: "X0123456789abcdef", body: bytes(3), ended: false },
  { kind: "data", call: 2, mine: true, part: { body: bytes(10) } },
  { kind: "data", call: 2, mine: false, part: { value: null, body: NO_BYTES } },
  { kind: "data", call: 2, mine: false, part: { value: { taken: 1 }, body: bytes(8192) } },
  { kind: "data", call: 2, mine: false, part: { body: bytes(8193) } },
  { kind: "data", call: 2, mine: false, part: { value: 0, body: bytes(MAX_PART) } },
  { kind: "end", call: 3, mine: true },
  { kind: "credit", call: Number.MAX_SAFE_INTEGER, mine: false, bytes: 65_536 },
  { kind: "result", call: 4, value: { a: [1, "b"] } },
  { kind: "error", call: 5, code: "no-such-anchor", message: "Nothing there" },
  { kind: "cancel", call: 6, reason: "not needed" },
  { kind: "bye", reason: "" },
];

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index % 251);
}

function encoded(packet: Packet): Encoded {
  const result = encodePacket(packet);
  assert(result.ok, "the packet cannot be sent");
  return result.value;
}

function unpacked(frames: readonly Uint8Array[]): readonly Packet[] {
  const result = unpackMessage(frames);
  assert(result.ok, result.ok ? "" : result.failure);
  return result.value;
}

function faultOf(frames: readonly Uint8Array[]): string {
  const result = unpackMessage(frames);
  assert(!result.ok, "it was taken for a message");
  return result.failure;
}

/** One packet with a head as it is written here. */
function framed(head: string | Uint8Array, options: { body?: Uint8Array; headLength?: number; bodyLength?: number } = {}): Uint8Array {
  const { body = NO_BYTES, headLength = head.length } = options;
  const { bodyLength = body.length } = options;
  const text = typeof head === "string" ? new TextEncoder().encode(head) : head;
  const frame = new Uint8Array(8 + text.length + body.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, headLength);
  view.setUint32(4, bodyLength);
  frame.set(text, 8);
  frame.set(body, 8 + text.length);
  return frame;
}

test("every packet is read as it was written, alone and with all the others", () => {
  for (const packet of PACKETS) assert.deepEqual(unpacked(packMessage([encoded(packet)])), [packet]);
  assert.deepEqual(unpacked(packMessage(PACKETS.map(encoded))), PACKETS);
  assert.deepEqual(unpacked(packMessage([])), []);
});

test("a large body is a frame of its own that is not copied, a small one is packed", () => {
  const large = bytes(8193);
  const frames = packMessage([encoded({ ...OPEN, body: large }), encoded({ ...OPEN, body: bytes(8192) })]);
  assert.equal(frames.length, 2);
  assert.equal(frames[1], large);
});

test("a small body that was read does not hold the frame that it came in", () => {
  const frames = packMessage([encoded({ ...OPEN, body: bytes(5) }), encoded({ ...OPEN, body: bytes(8000) })]);
  // A socket gives Buffers.
  for (const received of [frames, frames.map((frame) => Buffer.from(frame))]) {
    const [packet] = unpacked(received);
    assert(packet?.kind === "open");
    assert.equal(packet.body.buffer.byteLength, 5);
  }
});

test("what is missing in JSON is null, and fields too many do not matter", () => {
  assert.deepEqual(unpacked(packMessage([encoded({ kind: "result", call: 1, value: undefined })])), [
    { kind: "result", call: 1, value: null },
  ]);
  const head = '{"kind":"open","call":1,"method":"m","deadline":null,"to":null,"ended":true,"later":1}';
  assert.deepEqual(unpacked([framed(head)]), [{ ...OPEN, method: "m", params: null }]);
});

test("a packet that is too large or has no JSON form is not sent, and a long reason is cut", () => {
  const circle: unknown[] = [];
  circle.push(circle);
  for (const [packet, expected] of [
    [{ ...OPEN, body: bytes(MAX_PART + 1) }, /262145 bytes of data at once are more than 262144/],
    [{ ...OPEN, params: "x".repeat(MAX_HEAD) }, /bytes are more than 1048576/],
    [{ kind: "result", call: 1, value: circle }, /circular/],
    [{ kind: "result", call: 1, value: 1n }, /BigInt/],
    [{ kind: "result", call: 1, value: JSON.parse(`${"[".repeat(33)}${"]".repeat(33)}`) }, /nested too deeply/],
  ] as const satisfies readonly (readonly [Packet, RegExp])[]) {
    const result = encodePacket(packet);
    assert(!result.ok);
    assert.match(result.failure, expected);
  }
  const [bye] = unpacked(packMessage([encoded({ kind: "bye", reason: "x".repeat(2_000_000) })]));
  assert(bye?.kind === "bye");
  assert.equal(bye.reason.length, 16 * 1024);
});

test("frames that are cut off, of wrong lengths or too many are refused", () => {
  const good = framed('{"kind":"bye","reason":""}');
  for (const [frames, expected] of [
    [[good.subarray(0, 7)], /cut off/],
    [[good.subarray(0, good.length - 1)], /cut off/],
    [[Uint8Array.from([...good, 0])], /cut off/],
    [[framed("{}", { headLength: MAX_HEAD + 1 })], /a head of 1048577 bytes/],
    [[framed("{}", { headLength: 0xffff_ffff })], /a head of 4294967295 bytes/],
    [[framed("{}", { bodyLength: MAX_PART + 1 })], /262145 bytes of data/],
    [[framed("{}", { bodyLength: 0xffff_ffff })], /2147483647 bytes of data/],
    [[framed("{}", { bodyLength: 5 })], /cut off/],
    [[framed('{"kind":"data","call":1,"mine":true}', { bodyLength: 0x8000_0005 })], /frame of data is missing/],
    [[framed('{"kind":"data","call":1,"mine":true}', { bodyLength: 0x8000_0005 }), bytes(4)], /another length/],
    [[good, bytes(1)], /belong to no packet/],
    [[NO_BYTES, bytes(1)], /belong to no packet/],
  ] as const) {
    assert.match(faultOf(frames), expected);
  }
});

test("a head that is none is refused", () => {
  const deep = `${"[".repeat(100)}${"]".repeat(100)}`;
  for (const head of [
    "",
    "null",
    "[]",
    "7",
    "{",
    "{}",
    new Uint8Array([0xff, 0xfe]),
    '{"kind":"bye"}',
    '{"kind":"bye","reason":7}',
    '{"kind":"dance","call":1}',
    '{"kind":"constructor","call":1}',
    '{"kind":"end","mine":true}',
    '{"kind":"end","call":-1,"mine":true}',
    '{"kind":"end","call":1.5,"mine":true}',
    '{"kind":"end","call":"1","mine":true}',
    '{"kind":"end","call":9007199254740993,"mine":true}',
    '{"kind":"end","call":1}',
    '{"kind":"end","call":1,"mine":"yes"}',
    '{"kind":"data","call":1}',
    '{"kind":"credit","call":1,"mine":true}',
    '{"kind":"credit","call":1,"mine":true,"bytes":-1}',
    '{"kind":"credit","call":1,"mine":true,"bytes":1e400}',
    '{"kind":"error","call":1,"code":"x"}',
    '{"kind":"error","call":1,"code":7,"message":""}',
    '{"kind":"cancel","call":1}',
    '{"kind":"open","call":1,"method":"m","deadline":null,"to":null}',
    '{"kind":"open","call":1,"method":7,"deadline":null,"to":null,"ended":true}',
    '{"kind":"open","call":1,"method":"m","to":null,"ended":true}',
    '{"kind":"open","call":1,"method":"m","deadline":-1,"to":null,"ended":true}',
    '{"kind":"open","call":1,"method":"m","deadline":null,"to":7,"ended":true}',
    `{"kind":"open","call":1,"method":"${"m".repeat(256)}","deadline":null,"to":null,"ended":true}`,
    `{"kind":"result","call":1,"value":${deep}}`,
  ]) {
    assert.match(faultOf([framed(head)]), /a head that/);
  }
});

test("data comes with a packet that has none by its kind, and that is refused", () => {
  assert.match(faultOf([framed('{"kind":"end","call":1,"mine":true}', { body: bytes(1) })]), /data with "end"/);
});

test("random bytes and damaged messages are either read or refused, and never throw", () => {
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const whole = packMessage(PACKETS.slice(0, 6).map(encoded));
  for (let round = 0; round < 2000; round += 1) {
    const frames = whole.map((frame) => frame.slice());
    for (let damage = 0; damage <= random(4); damage += 1) {
      const frame = frames[random(frames.length)];
      if (frame !== undefined) frame[random(frame.length)] = random(256);
    }
    if (random(4) === 0) frames.splice(random(frames.length), 1);
    unpackMessage(frames);
    unpackMessage([Uint8Array.from({ length: random(64) }, () => random(256))]);
  }
});
