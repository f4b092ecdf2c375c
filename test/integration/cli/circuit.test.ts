/** Commands of `circuit`, and the library under them, with processes that servers really run. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { PassThrough, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { after, before, test } from "node:test";
import { dial, type CircuitClient, type Process } from "../../../src/main/library/circuit.js";
import { dialling } from "../../../src/main/dial-circuit.js";
import { beginCircuit, circuitCommand, type Given } from "../../helpers/circuit-command.js";
import { eventually } from "../../helpers/facts.js";
import { repositoryPath } from "../../helpers/root.js";
import { tempDir, type TempDir } from "../../helpers/temp.js";

const servers: ChildProcess[] = [];
const addresses: string[] = [];
let client: CircuitClient;
let dir: TempDir;
let given: Given;
let circuit: ReturnType<typeof circuitCommand>;

async function start(name: string, ...flags: readonly string[]): Promise<string> {
  const args = [repositoryPath("bin", "circuit.js"), "start", "-a", "127.0.0.1:0", "--name", name, "--var", dir.path, ...flags];
  const child = spawn("setpriv", ["--pdeathsig", "TERM", process.execPath, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  servers.push(child);
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const line: unknown[] = await Promise.race([once(child.stdout, "data"), once(child, "exit").then(() => assert.fail(said))]);
  return String(line[0]).trim();
}

before(async () => {
  dir = await tempDir();
  addresses.push(await start("one"));
  addresses.push(await start("two", "-j", addresses[0] ?? ""));
  client = await dial(addresses);
  given = { env: { CIRCUIT: addresses[0] ?? "" }, dialling };
  circuit = circuitCommand(given);
  await eventually(
    async () => (await client.members()).members.length,
    (count) => count === 2,
  );
});

after(async () => {
  await client.close();
  for (const server of servers) {
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    await ended;
  }
  await dir[Symbol.asyncDispose]();
});

let count = 0;

/** A process on the second server, which the first hands calls on to. */
async function shell(script: string, more: { readonly Buffer?: number; readonly Overflow?: "block" } = {}): Promise<Process> {
  count += 1;
  const anchor = await client.locate(`@two/p${count}`);
  return anchor.makeProc({ Path: "sh", Args: ["-c", script], ...more });
}

/** Whatever stands below the servers. */
async function leftovers(): Promise<string> {
  return (await circuit(["ls", "/..."])).stdout.replaceAll(/^\/X[0-9a-f]+\n/gm, "");
}

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("run is the terminal of a program on another host, ends with its exit code and leaves nothing behind", async () => {
  const ran = await circuit(
    ["run", "two", "--dir", "/tmp", "--env", "GREETING=hello", "--", "sh", "-c", "cat; echo $GREETING $PWD; echo bad >&2; exit 7"],
    {
      stdin: "typed\n",
    },
  );
  assert.deepEqual(ran, { code: 7, stdout: "typed\nhello /tmp\n", stderr: "bad\n" });
  assert.deepEqual(await circuit(["run", "-n", "--", "sh", "-c", "kill -9 $$"], { stdin: new PassThrough() }), {
    code: 137,
    stdout: "",
    stderr: "",
  });
  assert.equal(await leftovers(), "");
});

test("run does not wait for an input that says nothing, and tells what cannot be run with 125", async () => {
  assert.deepEqual(await circuit(["run", "--", "true"], { stdin: new PassThrough() }), { code: 0, stdout: "", stderr: "" });
  const { code, stderr } = await circuit(["run", "--", "/no/such/program"]);
  assert.equal(code, 125);
  assert.match(stderr, /^circuit: Cannot start "\/no\/such\/program"[^\n]*\n$/);
  assert.equal(await leftovers(), "");
});

test("run on many hosts feeds each, marks whole lines, and exits with the highest code", async () => {
  const { code, stdout, stderr } = await circuit(["run", "--all", "--", "sh", "-c", 'printf "a "; cat; printf tail; echo e >&2; exit 3'], {
    stdin: "b\n",
  });
  assert.equal(code, 3);
  assert.deepEqual(stdout.split("\n").toSorted(), ["", "one| a b", "one| tail", "two| a b", "two| tail"]);
  assert.deepEqual(stderr.split("\n").toSorted(), ["", "one| e", "two| e"]);
  const nowhere = await circuit(["run", "--label", "role=none", "--", "true"]);
  assert.equal(nowhere.code, 125);
  assert.match(nowhere.stderr, /^circuit: No server has these labels[^\n]*\n$/);
  assert.equal(await leftovers(), "");
});

test("the first Ctrl-C is handed on to the program of run, the second ends its whole tree", async () => {
  const patient = beginCircuit(given, [
    "run",
    "-n",
    "--",
    "sh",
    "-c",
    'trap "echo bye; exit 5" INT; echo ready; while :; do sleep 0.01; done',
  ]);
  await eventually(
    () => patient.stdout.toString(),
    (text) => text === "ready\n",
  );
  patient.signal("INT");
  assert.deepEqual(await patient.ended, { code: 5, stdout: "ready\nbye\n", stderr: "" });
  const stubborn = beginCircuit(given, [
    "run",
    "-n",
    "two",
    "--",
    "sh",
    "-c",
    'trap "echo no" INT; echo $$; sleep 60 & wait; while :; do sleep 60; done',
  ]);
  const pid = Number(
    await eventually(
      () => stubborn.stdout.toString(),
      (text) => text.endsWith("\n"),
    ),
  );
  stubborn.signal("INT");
  await eventually(
    () => stubborn.stdout.toString(),
    (text) => text.endsWith("no\n"),
  );
  stubborn.signal("INT");
  assert.equal((await stubborn.ended).code, 137);
  await eventually(
    () => isAlive(pid),
    (alive) => !alive,
  );
  assert.equal(await leftovers(), "");
});

test("a program whose output nobody reads any more is told so, as in a pipe", async () => {
  let seen = 0;
  const head = new Writable({
    write(chunk: Buffer, _, done) {
      seen += chunk.length;
      done(seen > 1000 ? new Error("EPIPE") : null);
    },
  });
  const { code } = await beginCircuit(given, ["run", "-n", "two", "--", "yes"], { stdout: head }).ended;
  assert.equal(code, 141);
  assert.equal(await leftovers(), "");
});

test("stdout takes what it has written, and nothing else", async () => {
  const process = await shell("seq 100000");
  await process.wait();
  let first = "";
  const short = new Writable({
    write(chunk: Buffer, _, done) {
      if (first !== "") return done(new Error("EPIPE"));
      first += chunk.toString();
      done();
    },
  });
  assert.equal((await beginCircuit(given, ["stdout", process.path], { stdout: short }).ended).code, 0);
  const { stdout } = await circuit(["stdout", process.path]);
  assert.equal(`${first}${stdout}`, Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join(""));
  assert.ok(first !== "" && stdout !== "");
  assert.equal((await circuit(["stdout", process.path])).stdout, "");
  await process.scrub();
});

test("stdout --copy looks without taking, stderr goes to the standard output", async () => {
  const process = await shell("echo out; echo err >&2");
  await process.wait();
  for (const argv of [["stdout", "--copy"], ["stdout", "--copy"], ["stdout"]]) {
    assert.deepEqual(await circuit([...argv, process.path]), { code: 0, stdout: "out\n", stderr: "" });
  }
  assert.deepEqual(await circuit(["stderr", process.path]), { code: 0, stdout: "err\n", stderr: "" });
  await process.scrub();
});

test("stdin closes the input of the process at its own end, unless it is to be kept", async () => {
  const process = await shell("cat");
  assert.deepEqual(await circuit(["stdin", "--keep", process.path], { stdin: "one " }), { code: 0, stdout: "", stderr: "" });
  assert.deepEqual(await circuit(["stdin", process.path], { stdin: "two" }), { code: 0, stdout: "", stderr: "" });
  assert.deepEqual(await circuit(["stdout", process.path]), { code: 0, stdout: "one two", stderr: "" });
  const { code, stderr } = await circuit(["stdin", process.path], { stdin: "late" });
  assert.equal(code, 1);
  assert.match(stderr, /^circuit: Cannot write to (?:[^\n]*closed|[^\n]*finished)[^\n]*\n$/);
  await process.scrub();
});

test("wait tells how a process has ended, and exits as it did where that is asked for", async () => {
  const process = await shell("exit 3");
  const { code, stdout } = await circuit(["wait", process.path]);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^\{\n\t"Cmd": \{\n\t\t"Env": null,\n\t\t"Dir": "",\n\t\t"Path": "sh",\n\t\t"Args": \[\n\t\t\t"-c",\n\t\t\t"exit 3"\n\t\t\],\n\t\t"Scrub": false\n/,
  );
  assert.match(stdout, /"Body": "exit status 3"[^]*"Phase": "exited"[^]*"ExitCode": 3,/);
  assert.equal((await circuit(["wait", process.path, "--exit-code"])).code, 3);
  assert.match((await circuit(["signal", "TERM", process.path])).stderr, /^circuit: Cannot [^\n]*\n$/);
  await process.scrub();
});

test("waitall waits for all, and names those that are no processes", async () => {
  const [quick, slow] = [await shell("exit 1"), await shell("read line")];
  const waiting = circuit(["waitall"], { stdin: `${quick.path}\n\n${slow.path}\n/one\n/one/none\n` });
  await slow.feed("go\n");
  const { code, stdout, stderr } = await waiting;
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^circuit: "\/X[0-9a-f]+" is no process or container: a server stands there$/m);
  assert.match(stderr, /^circuit: Cannot look at "\/X[0-9a-f]+\/none": [^\n]*$/m);
  assert.equal(stderr.split("\n").length, 3);
  for (const one of [quick, slow]) await one.scrub();
});

test("streams of a process are web streams, which Node's own take", async () => {
  const process = await shell("cat; echo end >&2");
  const sent = Buffer.alloc(3_000_000, "0123456789");
  const pieces: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      pieces.push(chunk);
      done();
    },
  });
  await Promise.all([
    pipeline(Readable.from([sent]), Writable.fromWeb(process.stdin())),
    pipeline(Readable.fromWeb(process.stdout()), sink),
    process.wait(),
  ]);
  assert.ok(Buffer.concat(pieces).equals(sent));
  assert.equal(await textOf(process.stderr()), "end\n");
  assert.deepEqual((await process.peek()).Stdout, { Kept: 0, Taken: sent.length, Dropped: 0, Ended: true });
  await process.scrub();
});

test("leaving a loop over output takes what was seen, and breaking off a pipe leaves what was not used", async () => {
  const process = await shell("echo first; read line; echo second; read line");
  for await (const chunk of process.stdout()) {
    assert.equal(Buffer.from(chunk).toString(), "first\n");
    break;
  }
  await process.feed("go\n", { keep: true });
  const broken = new WritableStream<Uint8Array>({ write: () => Promise.reject(new Error("the disk is full")) });
  await assert.rejects(process.stdout().pipeTo(broken), /the disk is full/);
  await process.feed("end\n");
  assert.equal(await textOf(process.stdout()), "second\n");
  await process.scrub();
});

test("bytes that found no room are told where they would have stood", async () => {
  const process = await shell("head -c 20000 /dev/zero; echo x", { Buffer: 4096 });
  await process.wait();
  const gaps: number[] = [];
  const text = await textOf(process.stdout({ onDropped: (bytes) => gaps.push(bytes) }));
  assert.equal(text.length + gaps.reduce((sum, bytes) => sum + bytes, 0), 20_002);
  assert.ok(text.endsWith("x\n") && gaps.length > 0);
  await process.scrub();
});

test("stopping and going on, a signal and its name, are what peek and wait tell", async () => {
  const process = await shell("echo up; while :; do sleep 0.05; done");
  await eventually(
    async () => (await process.peek()).Stdout.Kept,
    (kept) => kept === 3,
  );
  for (const [signal, phase] of [
    ["STOP", "stopped"],
    ["SIGCONT", "continued"],
  ] as const) {
    await process.signal(signal);
    await eventually(
      async () => (await process.peek()).Phase,
      (seen) => seen === phase,
    );
  }
  const waiting = process.wait();
  await process.signal(15);
  const { Phase, ExitCode, Exit } = await waiting;
  assert.deepEqual([Phase, ExitCode, Exit?.Body], ["signaled", 143, "signal: terminated"]);
  await process.scrub();
});
