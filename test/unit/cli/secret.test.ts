import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import test from "node:test";
import { askNewSecret, type SecretInput } from "../../../src/cli/secret.js";
import { collector } from "../../helpers/circusctl.js";

/** A terminal where somebody answers each prompt in turn. */
function terminal(...answers: readonly string[]) {
  const raw: boolean[] = [];
  const stdin: SecretInput = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => raw.push(on) });
  const { stream: stderr, text } = collector(true);
  const waiting = [...answers];
  stderr.on("data", (chunk: Buffer) => {
    const answer = chunk.toString().endsWith(": ") ? waiting.shift() : undefined;
    if (answer !== undefined) setImmediate(() => stdin.push(answer));
  });
  return { stdin, stderr, text, raw };
}

test("a secret is asked for twice on a terminal, unseen, and keys that correct it do", async () => {
  const { stdin, stderr, text, raw } = terminal("wrong\u0015sx\u007fecret\r", "secret\n");
  assert.equal(await askNewSecret({ stdin, stderr }, "Password"), "secret");
  assert.equal(text(), "Password: \nPassword again: \n");
  assert.deepEqual(raw, [true, false, true, false]);
});

test("two secrets that differ, an empty one and Ctrl-C change nothing, and leave the terminal as it was", async () => {
  const cases: readonly (readonly [answers: readonly string[], message: RegExp])[] = [
    [["one\r", "two\r"], /^Error: The two are not the same; nothing was changed$/],
    [["\r"], /^Error: It may not be empty; nothing was changed$/],
    [["sec\u0003"], /^Error: Interrupted; nothing was changed$/],
  ];
  for (const [answers, message] of cases) {
    const { stdin, stderr, raw } = terminal(...answers);
    await assert.rejects(askNewSecret({ stdin, stderr }, "Password"), message);
    assert.equal(raw.at(-1), false);
  }
});

test("a secret comes from a pipe as its first line", async () => {
  const { stream: stderr, text } = collector(false);
  assert.equal(await askNewSecret({ stdin: Readable.from(["top se", "cret\r\nmore\n"]), stderr }, "Password"), "top secret");
  await assert.rejects(askNewSecret({ stdin: Readable.from([]), stderr }, "Password"), /may not be empty/);
  assert.equal(text(), "");
});
