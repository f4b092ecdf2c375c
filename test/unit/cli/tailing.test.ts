import assert from "node:assert/strict";
import test from "node:test";
import { command, readTailing } from "../../../src/cli/render/tail.js";
import { dressLine, localTime, type Dress } from "../../../src/cli/tail-lines.js";
import { PLAIN, styleOf } from "../../../src/cli/terminal.js";
import { isObject } from "../../../src/wire/codec.js";
import { circusctl, refusal, type Answer } from "../../helpers/circusctl.js";

const LINE = { pid: 7, stream: "stdout", time: 1795277960.544, text: "hello" } as const;

function page(...texts: readonly string[]): object {
  return { name: "web", lines: texts.map((text) => ({ ...LINE, text })), cursor: `c${texts.length}`, missed: 0 };
}

/** Answers `tail` with one page after the other, then with empty ones; `list` with two processes where there are. */
function answers(pages: readonly object[], pids: readonly number[] = [7]): Answer {
  const left = [...pages];
  return ({ command: asked }) => (asked === "list" ? { pids } : (left.shift() ?? page()));
}

test("numbers after a name are processes of it", () => {
  const targets = (words: readonly string[]) => {
    const read = readTailing({ words, values: {} });
    return read.ok ? read.value.targets.map(({ name, pid }) => [name, pid]) : read.failure;
  };
  assert.deepEqual(targets(["web"]), [["web", null]]);
  assert.deepEqual(targets(["web", "4711", "4712", "api"]), [
    ["web", 4711],
    ["web", 4712],
    ["api", null],
  ]);
  assert.deepEqual(targets(["4711", "12"]), [["4711", 12]]);
  assert.equal(targets([]), "Invalid number of arguments");
});

test("the properties say what the options say", () => {
  const request = (values: Record<string, boolean | number>) => {
    const read = command.request({ words: ["web", "7"], values });
    return read.ok ? read.value : read.failure;
  };
  assert.deepEqual(request({}), { name: "web", pid: 7, lines: 10 });
  assert.deepEqual(request({ lines: 50, stderr: true }), { name: "web", pid: 7, stream: "stderr", lines: 50 });
  assert.deepEqual(request({ stdout: true, stderr: true }), { name: "web", pid: 7, lines: 10 });
  assert.equal(request({ lines: 1.5 }), 'Cannot show "1.5" lines: it must be a whole number from 0');
});

test("tail of one process prints its lines as they are", async () => {
  const { code, stdout, stderr, requests } = await circusctl(["tail", "web", "-n", "2"], { answer: answers([page("one", "two")]) });
  assert.deepEqual([code, stdout, stderr], [0, "one\ntwo\n", ""]);
  assert.deepEqual(requests, [
    { command: "tail", properties: { name: "web", lines: 2 } },
    { command: "list", properties: { name: "web" } },
  ]);
});

test("more lines than one reply holds are asked for until there are enough, or no more", async () => {
  const { stdout, requests } = await circusctl(["tail", "web", "-n", "5"], { answer: answers([page("1", "2"), page("3"), page()]) });
  assert.equal(stdout, "1\n2\n3\n");
  assert.deepEqual(requests[1], { command: "tail", properties: { name: "web", after: "c2" } });
});

test("several processes or watchers have a prefix, and stderr is marked by its colour alone", async () => {
  const two = await circusctl(["tail", "web", "-n", "1"], { answer: answers([page("one")], [7, 8]) });
  assert.equal(two.stdout, "web/7 | one\n");
  const both = await circusctl(["tail", "web", "api", "-n", "1"], { answer: answers([page("one"), page("two")]) });
  assert.equal(both.stdout, "web/7 | one\napi/7 | two\n");
  const dress: Dress = { style: styleOf({ isTTY: true }, {}), json: false, timestamps: false, prefixed: true };
  const shown = dressLine({ ...LINE, stream: "stderr" }, { name: "web", colour: 0 }, dress).toString();
  assert.equal(shown, "\u001b[36mweb/7 |\u001b[39m \u001b[31mhello\u001b[39m\n");
});

test("bytes that are no UTF-8 are written as they are", () => {
  const bytes = Buffer.from([0xff, 0x00, 0xfe]);
  const { text: _text, ...bare } = LINE;
  const dress: Dress = { style: PLAIN, json: false, timestamps: false, prefixed: false };
  const shown = dressLine({ ...bare, base64: bytes.toString("base64"), cut: true }, { name: "web", colour: 0 }, dress);
  assert.deepEqual(shown, Buffer.concat([Buffer.from("…"), bytes, Buffer.from("\n")]));
});

test("times are local, to the millisecond, with the distance from UTC", () => {
  const shown = localTime(1795277960.544);
  assert.match(shown, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.544[+-]\d\d:\d\d$/);
  assert.equal(Date.parse(shown), 1795277960544);
});

test("--json prints an object a line, and a refusal as the daemon gave it", async () => {
  const { stdout } = await circusctl(["tail", "web", "-n", "1", "--json"], { answer: answers([page("one")]) });
  assert.deepEqual(JSON.parse(stdout), { watcher: "web", ...LINE, text: "one" });
  const refused = await circusctl(["--json", "tail", "nope"], { answer: () => refusal("program nope not found") });
  assert.deepEqual([refused.code, refused.stderr], [3, ""]);
  assert.match(refused.stdout, /"reason": "program nope not found"/);
});

test("a watcher that is refused does not keep the others from being shown", async () => {
  const answer: Answer = ({ command: asked, properties }) => {
    if (asked === "list") return { pids: [7] };
    return isObject(properties) && properties["name"] === "nope" ? refusal("program nope not found") : page("one");
  };
  const { code, stdout, stderr } = await circusctl(["tail", "nope", "web", "-n", "1"], { answer });
  assert.deepEqual([code, stdout, stderr], [3, "web/7 | one\n", "error: program nope not found\n"]);
});

test("-f goes on after the cursor and ends with 0 when it is interrupted", async () => {
  const stop = new AbortController();
  const pages = answers([page("one"), { ...page("two"), missed: 5 }]);
  const { code, stdout, stderr, requests } = await circusctl(["tail", "-f", "web", "-n", "1"], {
    answer: pages,
    interrupt: stop.signal,
    observe: ({ stdout: written }) => written.includes("two") && stop.abort(),
  });
  assert.deepEqual([code, stdout], [0, "one\ntwo\n"]);
  assert.match(stderr, /^web: 5 bytes came faster/);
  assert.deepEqual(requests[2], { command: "tail", properties: { name: "web", after: "c1", wait: 5 } });
});

test("-f waits for a daemon that ends, says so once, and goes on when it is back", async () => {
  const stop = new AbortController();
  const away = refusal("arbiter is stopping...", 5);
  const { code, stdout, stderr } = await circusctl(["tail", "-f", "web", "-n", "1"], {
    answer: answers([page("one"), away, refusal("program web not found"), page("two")]),
    interrupt: stop.signal,
    observe: ({ stdout: written }) => written.includes("two") && stop.abort(),
  });
  assert.deepEqual([code, stdout], [0, "one\ntwo\n"]);
  assert.equal(stderr, "circusd is away (arbiter is stopping...); following goes on when it is back\ncircusd is back\n");
});

test("-f ends with 3 when what it follows was removed", async () => {
  const { code, stderr } = await circusctl(["tail", "-f", "web", "-n", "1"], {
    answer: answers([page("one"), refusal("program web not found")]),
  });
  assert.deepEqual([code, stderr], [3, "error: program web not found\n"]);
});
