/** The program `circuit` in a shell: pipes that break, keys of a terminal, and how little it loads. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { eventually, fileWith } from "../helpers/facts.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";

const run = promisify(execFile);
const PROGRAM = repositoryPath("bin", "circuit.js");

interface Shell {
  readonly type: (line: string) => Promise<string>;
  readonly env: NodeJS.ProcessEnv;
}

/** A server, and a shell in which `circuit` asks it. */
async function shell(t: TestContext): Promise<Shell> {
  const dir = await tempDir();
  await dir.write("bin/circuit", `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`, 0o755);
  const { CIRCUIT_DISCOVER: _group, CIRCUIT_HMAC: _key, ...rest } = process.env;
  const env = { ...rest, PATH: `${dir.join("bin")}:${process.env["PATH"] ?? ""}`, CIRCUIT: dir.join("address") };
  const server = spawn("setpriv", ["--pdeathsig", "TERM", "sh", "-c", "exec circuit start -a 127.0.0.1:0 --name here --var . > address"], {
    cwd: dir.path,
    env,
    stdio: "ignore",
  });
  t.after(async () => {
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    await ended;
    await dir[Symbol.asyncDispose]();
  });
  await fileWith(dir.join("address"), /\n/);
  return { env, type: async (line) => (await run("bash", ["-c", line], { cwd: dir.path, env })).stdout };
}

test("a pipe that breaks ends commands quietly, and takes no more than was written", async (t) => {
  const { type } = await shell(t);
  assert.equal(await type("circuit run -- yes 2>&1 | head -n 2; echo ${PIPESTATUS[0]}"), "y\ny\n141\n");
  await type(`echo '{"Path": "seq", "Args": ["100000"]}' | circuit mkproc /here/p`);
  await type("circuit stdout /here/p 2>&1 | head -c 10 > first; test ${PIPESTATUS[0]} = 0");
  assert.equal(await type("circuit stdout /here/p | tail -n 1; head -n 1 first"), "100000\n1\n");
  assert.equal(await type("circuit help | head -n 1"), "usage: circuit COMMAND [flags] [arguments]\n");
});

test("Ctrl-C ends what waits with 130 and without a word", async (t) => {
  const { type, env } = await shell(t);
  await type("circuit mkchan /here/c 0");
  const child = spawn(process.execPath, [PROGRAM, "recv", "/here/c"], { env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const output of [child.stdout, child.stderr]) output.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await eventually(
    () => type("circuit peek /here/c"),
    (text) => text.includes('"Receivers": 1'),
  );
  const ended = once(child, "close");
  child.kill("SIGINT");
  assert.deepEqual(await ended, [130, null]);
  assert.equal(said, "");
});

test("a key file that others can read is warned of, and one of another circuit is refused", async (t) => {
  const { type } = await shell(t);
  await type("circuit keygen > k && chmod 644 k");
  assert.match(
    await type("circuit ls / -hmac k 2>&1; echo $?"),
    /^circuit: warning: The key file "k" can be read by others[^\n]*\ncircuit: [^\n]*\n1\n$/,
  );
  assert.match(
    await type("circuit ls / -hmac none 2>&1; echo $?"),
    /^circuit: Cannot read the key file "none": no such file; [^\n]*\n1\n$/,
  );
});
