import assert from "node:assert/strict";
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { encodeJson, isObject } from "../../../src/wire/codec.js";
import type { EventServer } from "../../../src/wire/transport.js";
import { openZmq } from "../../../src/wire/zmq/transport.js";
import { repositoryPath } from "../../helpers/root.js";

interface Daemon {
  readonly endpoint: string;
  readonly events: EventServer;
}

/** More bytes than a pipe takes at once. */
const MUCH = 3_000_000;

/** Answers over ZeroMQ as a daemon with one watcher would. */
async function standIn(context: TestContext): Promise<Daemon> {
  const transport = await openZmq();
  const events = await transport.publish("tcp://127.0.0.1:*");
  const server = await transport.serve("tcp://127.0.0.1:*", { maxFrame: 1e6 }, (incoming) => {
    const request: unknown = JSON.parse(Buffer.concat(incoming.frames).toString("utf8"));
    assert.ok(isObject(request));
    const replies: Readonly<Record<string, object>> = {
      list: { watchers: ["web"] },
      status: { statuses: { web: "active" } },
      options: { options: { cmd: "x".repeat(MUCH) } },
      globaloptions: { options: { pubsub_endpoint: events.endpoint } },
      rm: { status: "error", reason: "program nope not found", tb: null, errno: 3 },
    };
    const reply = replies[String(request["command"])];
    if (reply !== undefined) incoming.respond(encodeJson({ status: "ok", time: 1.5, ...reply, id: request["id"] }));
  });
  context.after(async () => {
    await server.close();
    await events.close();
  });
  return { endpoint: server.endpoint, events };
}

function temporary(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "circusctl-test-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

type Environment = Readonly<Record<string, string | undefined>>;

const PROGRAM = new URL("../../../src/main/circusctl.js", import.meta.url).href;

function start(argv: readonly string[], env: Environment = {}): ChildProcessWithoutNullStreams {
  const script = `const { circusctl } = await import(${JSON.stringify(PROGRAM)}); await circusctl(process.argv.slice(1));`;
  return spawn(process.execPath, ["--input-type=module", "-e", script, "--", ...argv], { env: { PATH: process.env["PATH"], ...env } });
}

async function finish(
  child: ChildProcessWithoutNullStreams,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout: stdout(), stderr: stderr() };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return () => text;
}

async function circusctl(argv: readonly string[], env?: Environment): ReturnType<typeof finish> {
  const child = start(argv, env);
  child.stdin.end();
  return finish(child);
}

test("circusctl asks over ZeroMQ and ends with the code of the outcome", async (context) => {
  const { endpoint } = await standIn(context);
  const env = { CIRCUSCTL_ENDPOINT: endpoint };
  assert.deepEqual(await circusctl(["list"], env), { code: 0, stdout: "web\n", stderr: "" });
  assert.deepEqual(await circusctl(["rm", "--nostop", "nope"], env), { code: 3, stdout: "", stderr: "error: program nope not found\n" });
  const silent = await circusctl(["--timeout", "0.2", "--endpoint", endpoint, "numwatchers"]);
  assert.match(silent.stderr, /^Timed out\.\nA time out usually/);
  assert.equal(silent.code, 1);
  const wrong = await circusctl(["--endpoint", "bogus", "list"]);
  assert.match(wrong.stderr, /^Cannot connect to "bogus": not an endpoint; write tcp:\/\/HOST:PORT or ipc:\/\/PATH\n$/);
  assert.equal(wrong.code, 1);
});

test("circusctl prints all of a long answer into a pipe", async (context) => {
  const { endpoint } = await standIn(context);
  const { code, stdout } = await circusctl(["--endpoint", endpoint, "options", "web"]);
  assert.equal(code, 0);
  assert.equal(stdout.length, `cmd: ${"x".repeat(MUCH)}\n`.length);
});

test("circusctl without a command reads commands from a pipe", async (context) => {
  const { endpoint } = await standIn(context);
  const child = start([], { CIRCUSCTL_ENDPOINT: endpoint });
  child.stdin.end("list\n");
  const { code, stdout, stderr } = await finish(child);
  assert.match(stdout, /^circusctl \d+\.\d+\.\d+.*\nweb: active\n\(circusctl\) web\n\(circusctl\) \n$/);
  assert.deepEqual([code, stderr], [0, ""]);
});

test("circusctl listen prints events until Ctrl-C", async (context) => {
  const { endpoint, events } = await standIn(context);
  const child = start(["listen", "watcher.web."], { CIRCUSCTL_ENDPOINT: endpoint });
  const publishing = setInterval(() => {
    events.publish("watcher.api.spawn", '{"process_pid": 4, "time": 1.5}');
    events.publish("watcher.web.spawn", '{"process_pid": 5, "time": 1.5}');
  }, 20);
  child.stdout.once("data", () => child.kill("SIGINT"));
  const { code, stdout } = await finish(child);
  clearInterval(publishing);
  assert.match(stdout, /^(watcher\.web\.spawn: \{"process_pid": 5, "time": 1\.5\}\n)+$/);
  assert.equal(code, 1);
});

/** A directory with a program named ssh in it, and the environment that finds it. */
function withSsh(context: TestContext): {
  readonly env: Environment;
  readonly recorded: () => { readonly pid: number; readonly args: readonly string[] };
} {
  const directory = temporary(context);
  symlinkSync(repositoryPath("test", "fixtures", "pretends-to-be-ssh.js"), join(directory, "ssh"));
  const record = join(directory, "record");
  return {
    env: { PATH: `${directory}:${process.env["PATH"] ?? ""}`, SSH_RECORD: record, TMPDIR: directory },
    recorded() {
      const read: unknown = JSON.parse(readFileSync(record, "utf8"));
      assert.ok(isObject(read) && typeof read["pid"] === "number" && Array.isArray(read["args"]));
      return { pid: read["pid"], args: read["args"].map(String) };
    },
  };
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("--ssh forwards the endpoint through ssh, which has ended when circusctl ends", async (context) => {
  const { endpoint } = await standIn(context);
  const { env, recorded } = withSsh(context);
  const run = await circusctl(["--ssh", "me@far:2222", "--ssh_keyfile", "/k", "--endpoint", endpoint, "list"], env);
  assert.deepEqual(run, { code: 0, stdout: "web\n", stderr: "" });
  const { pid, args } = recorded();
  assert.equal(alive(pid), false);
  assert.ok(args.includes("-N") && args.includes("ExitOnForwardFailure=yes"));
  assert.deepEqual(args.slice(args.indexOf("-p"), args.indexOf("-p") + 4), ["-p", "2222", "-i", "/k"]);
  assert.deepEqual(args.slice(-2), ["--", "me@far"]);
});

test("ssh ends also when circusctl is killed", async (context) => {
  const { endpoint, events } = await standIn(context);
  const { env, recorded } = withSsh(context);
  const child = start(["--ssh", "far", "--endpoint", endpoint, "listen"], env);
  const publishing = setInterval(() => events.publish("watcher.web.start", '{"time": 1.5}'), 20);
  child.stdout.once("data", () => child.kill("SIGKILL"));
  await finish(child);
  clearInterval(publishing);
  const { pid } = recorded();
  while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
});

test("--ssh tells in ssh's words why there is no way, and leaves nothing behind", async (context) => {
  const { env } = withSsh(context);
  const run = await circusctl(["--ssh", "me@far", "list"], { ...env, SSH_REFUSES: "1" });
  assert.deepEqual(run, {
    code: 1,
    stdout: "",
    stderr:
      'Cannot reach "tcp://127.0.0.1:5555" through ssh to "me@far": ssh ended with exit code 255: me@far: Permission denied (publickey).\n',
  });
  const odd = await circusctl(["--ssh=-oProxyCommand=x", "list"], env);
  assert.equal(odd.stderr, 'Cannot use "-oProxyCommand=x" with --ssh: write user@host or user@host:port\n');
  const memory = await circusctl(["--ssh", "far", "--endpoint", "inproc://x", "list"], env);
  assert.match(memory.stderr, /^Cannot forward "inproc:\/\/x" through ssh/);
});
