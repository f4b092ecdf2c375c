import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { ERRNO } from "../../../src/wire/contract.js";
import { decodeRequest, type Decoded } from "../../../src/wire/request.js";
import { repositoryPath } from "../../helpers/root.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (text: string): Decoded => decodeRequest([bytes(text)]);
const send = (command: string, properties?: unknown): Decoded => decode(JSON.stringify({ id: "i", command, properties }));

function refusal(decoded: Decoded): { reason: string; errno: number; id: unknown } {
  // A command that nobody knows may be one of a module of the daemon; this is what it is refused with otherwise.
  return decoded.kind === "request" ? assert.fail(decoded.request.command) : decoded.reply;
}

function properties(decoded: Decoded): unknown {
  if (decoded.kind === "refused") assert.fail(decoded.reply.reason);
  return decoded.request.properties;
}

const REFUSED: readonly (readonly [text: string, errno: number, reason: RegExp | string, id: unknown])[] = [
  ["not json", ERRNO.invalidJson, "json invalid", null],
  ["", ERRNO.invalidJson, "json invalid", null],
  ["   ", ERRNO.invalidJson, "json invalid", null],
  ['{"command":"list","id":"x"}{"a":1}', ERRNO.invalidJson, "json invalid", null],
  ['{"command":"list","id":NaN}', ERRNO.invalidJson, "json invalid", null],
  [`{"command":"list","id":${"[".repeat(50_000)}${"]".repeat(50_000)}}`, ERRNO.invalidJson, /nested deeper/, null],
  ["[]", ERRNO.message, /an object such as/, null],
  ["5", ERRNO.message, /an object such as/, null],
  ["null", ERRNO.message, /an object such as/, null],
  ['"list"', ERRNO.message, /an object such as/, null],
  ['{"id":"x"}', ERRNO.message, "message invalid 'command' is missing", "x"],
  ['{"command":5,"id":"x"}', ERRNO.message, "'command' isn't a string", "x"],
  ['{"command":null,"id":"x"}', ERRNO.message, "'command' isn't a string", "x"],
  ['{"command":"bogus","id":7}', ERRNO.unknownCommand, "unknown command: 'bogus'", 7],
  ['{"command":"Bo\'gus","id":7}', ERRNO.unknownCommand, 'unknown command: "Bo\'gus"', 7],
  ['{"command":"__proto__"}', ERRNO.unknownCommand, "unknown command: '__proto__'", null],
  ['{"command":"toString"}', ERRNO.unknownCommand, "unknown command: 'toString'", null],
  [`{"command":"${"x".repeat(5000)}"}`, ERRNO.unknownCommand, /^unknown command: 'x{100}…'$/, null],
  ['{"command":"list","id":"x","properties":null}', ERRNO.message, "'properties' should be an object", "x"],
  ['{"command":"list","id":"x","properties":"name"}', ERRNO.message, "'properties' should be an object", "x"],
];

test("decodeRequest() tells every malformed message what is wrong with it", () => {
  for (const [text, errno, reason, id] of REFUSED) {
    const reply = refusal(decode(text));
    assert.equal(reply.errno, errno, text.slice(0, 80));
    if (typeof reason === "string") assert.equal(reply.reason, reason);
    else assert.match(reply.reason, reason);
    assert.deepEqual(reply.id, id, text.slice(0, 80));
  }
});

test("decodeRequest() refuses bytes that are no UTF-8, and any other count of frames than one", () => {
  assert.equal(refusal(decodeRequest([new Uint8Array([0xff, 0xfe])])).errno, ERRNO.invalidJson);
  assert.match(refusal(decodeRequest([])).reason, /1 frame expected, 0 received/);
  assert.match(refusal(decodeRequest([bytes("{}"), bytes("{}")])).reason, /1 frame expected, 2 received/);
});

const WRONG: readonly (readonly [command: string, properties: unknown, reason: string])[] = [
  ["add", {}, "message invalid 'name' is missing"],
  ["add", { name: "x" }, "message invalid 'cmd' is missing"],
  ["add", { name: "x", cmd: "y", options: [] }, "'options' property should be an object"],
  ["add", { name: "x", cmd: "y", args: [{}] }, "'args' isn't a string or a list of strings"],
  ["get", { keys: 5 }, "message invalid 'name' is missing"],
  ["get", { name: "web" }, "message invalid 'keys' is missing"],
  ["get", { name: "web", keys: "cmd" }, "'keys' isn't a list of strings"],
  ["list", { name: 5 }, "'name' isn't a string"],
  ["list", { name: null }, "'name' isn't a string"],
  ["incr", {}, "message invalid 'name' is missing"],
  ["incr", { name: "web", nb: 1.5 }, "'nb' isn't an integer"],
  ["incr", { name: "web", nb: "1.5" }, "'nb' isn't an integer"],
  ["incr", { name: "web", nb: -1 }, "'nb' is negative"],
  ["decr", { name: "web", nb: null }, "'nb' isn't an integer"],
  ["kill", { name: "web", pid: "abc" }, "'pid' isn't an integer"],
  ["kill", { name: "web", graceful_timeout: "soon" }, "'graceful_timeout' isn't a number"],
  ["kill", { name: "web", graceful_timeout: -1 }, "'graceful_timeout' is negative"],
  ["kill", { name: "web", waiting: "perhaps" }, "'waiting' isn't a valid boolean"],
  ["set", { options: {} }, "message invalid 'name' is missing"],
  ["set", { name: "web" }, "message invalid 'options' is missing"],
  ["set", { name: "web", options: "a=b" }, "'options' property should be an object"],
  ["signal", { name: "web" }, "message invalid 'signum' is missing"],
  ["signal", { name: "web", signum: null }, "signal invalid"],
  ["signal", { name: "web", signum: 1, childpid: 5 }, "cannot specify childpid without pid"],
  ["start", { name: "web", match: "bogus" }, "unknown match method bogus"],
];

test("decodeRequest() checks the properties of each command, what is missing first", () => {
  for (const [command, given, reason] of WRONG) {
    assert.deepEqual(refusal(send(command, given)), { reason, errno: ERRNO.message, id: "i" }, `${command} ${JSON.stringify(given)}`);
  }
});

const RIGHT: readonly (readonly [command: string, properties: unknown, decoded: unknown])[] = [
  ["LIST", undefined, {}],
  ["list", [], {}],
  ["list", { name: "WEB", bogus: 1 }, { name: "WEB" }],
  ["incr", { name: "web", nb: "2", waiting: 1 }, { name: "web", nb: 2, waiting: true }],
  [
    "kill",
    { name: "web", pid: "12", signum: "KILL", graceful_timeout: "1.5" },
    { name: "web", pid: 12, signum: "KILL", graceful_timeout: 1.5 },
  ],
  [
    "signal",
    { name: "web", signum: 18, pid: 1, childpid: "2", children: false },
    { name: "web", signum: 18, pid: 1, childpid: 2, children: false },
  ],
  ["stats", { name: "web", process: "6578" }, { name: "web", process: "6578" }],
  ["add", { name: "x", cmd: "y", args: ["-n", 3], start: "true" }, { name: "x", cmd: "y", args: ["-n", "3"], start: true }],
  ["set", { name: "web", options: { env: { A: "b" } } }, { name: "web", options: { env: { A: "b" } } }],
  ["stop", { name: "s*", match: "glob", waiting: null }, { name: "s*", match: "glob", waiting: false }],
  ["quit", {}, {}],
];

test("decodeRequest() reads what Circus's clients send", () => {
  for (const [command, given, decoded] of RIGHT) assert.deepEqual(properties(send(command, given)), decoded, command);
});

test("decodeRequest() gives the id back whatever it is, and knows a cast", () => {
  for (const id of ["a", 7, null, true, [1], { a: 1 }]) {
    const decoded = decode(JSON.stringify({ command: "list", id }));
    assert.ok(decoded.kind === "request");
    assert.deepEqual(decoded.request.id, id);
    assert.equal(decoded.request.cast, false);
  }
  const cast = decode('{"command":"list","msg_type":"cast"}');
  assert.ok(cast.kind === "request" && cast.request.cast && cast.request.id === null);
  const wrong = decode('{"command":"bogus","msg_type":"cast"}');
  assert.ok(wrong.kind === "foreign" && wrong.cast);
});

test("decodeRequest() lets no __proto__ through to those who copy keys", () => {
  assert.deepEqual(properties(decode('{"command":"list","__proto__":{"id":1},"properties":{"__proto__":{"name":"x"}}}')), {});
  const nested = decode('{"command":"set","properties":{"name":"web","options":{"env":{"\\u005f_proto__":{"a":"b"}}}}}');
  assert.equal(refusal(nested).reason, "'options' may not contain '__proto__'");
});

interface Recorded {
  readonly label: string;
  readonly request_frames: readonly (string | { readonly hex: string })[];
  readonly reply_frames: readonly string[] | null;
}

/** Where we refuse what Circus took or the other way round: each is a deliberate difference. */
const STRICTER = new Set(["incr nb float", "NaN id"]);

test("decodeRequest() agrees with every recorded request of Circus about what is malformed", () => {
  const lines = readFileSync(repositoryPath("test", "fixtures", "transcript.jsonl"), "utf8")
    .trim()
    .split("\n");
  assert.ok(lines.length > 150);
  for (const line of lines) {
    const recorded = JSON.parse(line) as Recorded;
    const frames = recorded.request_frames.map((frame) =>
      typeof frame === "string" ? bytes(frame) : new Uint8Array(Buffer.from(frame.hex, "hex")),
    );
    const decoded = decodeRequest(frames);
    if (recorded.reply_frames === null || STRICTER.has(recorded.label)) continue;
    const reply = JSON.parse(recorded.reply_frames.at(-1) ?? "") as { status: string; errno?: number; reason?: string };
    if (reply.status !== "error") assert.equal(decoded.kind, "request", recorded.label);
    if (decoded.kind === "request") continue;
    assert.equal(reply.status, "error", recorded.label);
    // Errno 5 with Python's words is Circus stumbling; ours names the property, as errno 3.
    if (reply.errno === ERRNO.conflict) assert.equal(decoded.reply.errno, ERRNO.message, recorded.label);
    else assert.equal(decoded.reply.errno, reply.errno, recorded.label);
    if (/missing|unknown command|json invalid|should be an object$|unknown match/.test(reply.reason ?? "")) {
      assert.equal(decoded.reply.reason, reply.reason, recorded.label);
    }
  }
});
