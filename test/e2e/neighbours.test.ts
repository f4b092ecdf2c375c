/** Programs of others: a Python client at our circusd, and our circusctl at a Python daemon. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import test, { type TestContext } from "node:test";
import { Daemon } from "../helpers/daemon.js";
import { PYTHON, withoutPythonZmq } from "../helpers/partners.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";

const skip = withoutPythonZmq();

function fixture(name: string): string {
  return repositoryPath("test", "fixtures", name);
}

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(program: string, ...args: readonly string[]): Promise<Ran> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
}

/** Ends a program that the test started. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await once(child, "exit");
  }
  return child.exitCode;
}

test("a Python client that speaks as Circus's does lists, adds, starts and stops, and hears the events", { skip }, async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600" });
  const { code, stdout, stderr } = await run(PYTHON, fixture("speaks-as-circus.py"), daemon.endpoint, daemon.pubsub);
  assert.equal(code, 0, stderr);
  const told: unknown = JSON.parse(stdout);
  assert.ok(typeof told === "object" && told !== null && "events" in told && "pids" in told && "start" in told);
  const { events, ...replies } = told;
  const pids = /"pids": (\[\d+\])/.exec(stdout)?.[1] ?? "";
  const started: unknown = JSON.parse(pids);
  assert.deepEqual(replies, {
    list: { status: "ok", watchers: ["web"] },
    add: { status: "ok" },
    refused: { status: "error", reason: "'my neighbour' already exist", tb: null, errno: 5 },
    missing: { status: "error", reason: "program nobody not found", tb: null, errno: 3 },
    start: { status: "ok", info: { started, kept: [] } },
    pids: { status: "ok", pids: started },
    status: { status: "ok", statuses: { "My Neighbour": "active", web: "active" } },
    stop: { status: "ok", info: null },
    stopped: { status: "stopped", stops: 1, demise: null },
    rm: { status: "ok" },
  });
  assert.ok(Array.isArray(events));
  const heard = events.map((event: unknown) => JSON.stringify(event).replace(/"time":[\d.]+/, '"time":0'));
  const pid = pids.slice(1, -1);
  const expected: readonly (readonly [string, object])[] = [
    ["spawn", { process_pid: Number(pid), time: 0 }],
    ["start", { time: 0 }],
    ["kill", { process_pid: Number(pid), time: 0 }],
    ["reap", { process_pid: Number(pid), time: 0, exit_code: -15 }],
    ["stop", { time: 0 }],
    ["remove", { time: 0 }],
  ];
  // Whether the subscription was there in time for the first of them is chance.
  assert.deepEqual(
    heard.filter((event) => !/neighbour\.(add|updated)"/.test(event)),
    expected.map(([event, payload]) => JSON.stringify([`watcher.my_neighbour.${event}`, payload])),
  );
});

/** A stand-in for a Python circusd, and circusctl run against it. */
async function pythonDaemon(t: TestContext) {
  const dir = await tempDir(t);
  const endpoint = `ipc://${dir.join("control.sock")}`;
  const daemon = spawn(PYTHON, [fixture("answers-as-circus.py"), endpoint, `ipc://${dir.join("events.sock")}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => end(daemon, "SIGKILL"));
  const lines = createInterface({ input: daemon.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => String((await lines.next()).value);
  assert.equal(await nextLine(), "ready");
  const command = [repositoryPath("bin", "circusctl.js"), "--endpoint", endpoint];
  return {
    command,
    ctl: (...args: readonly string[]) => run(process.execPath, ...command, ...args),
    /** The next request that it got. */
    request: async (): Promise<unknown> => JSON.parse(await nextLine()),
  };
}

test("circusctl asks a Python daemon as Circus's own does, and understands its answers", { skip }, async (t) => {
  const { ctl, request } = await pythonDaemon(t);
  const asks = async (args: readonly string[], wanted: object, said: Partial<Ran>) => {
    const ran = await ctl(...args);
    assert.deepEqual(await request(), wanted);
    assert.deepEqual({ ...ran, ...said }, ran, args.join(" "));
  };
  await asks(["list"], { command: "list", properties: {} }, { code: 0, stdout: "my app,web\n", stderr: "" });
  await asks(["list", "web"], { command: "list", properties: { name: "web" } }, { code: 0, stdout: "11,22\n" });
  await asks(["status"], { command: "status", properties: {} }, { code: 0, stdout: "My App: stopped\nweb: active\n" });
  await asks(
    ["incr", "web", "2", "--waiting"],
    { command: "incr", properties: { name: "web", nb: 2, waiting: true } },
    { code: 0, stdout: "3\n" },
  );
  await asks(
    ["get", "web", "graceful_timeout", "cmd"],
    { command: "get", properties: { name: "web", keys: ["graceful_timeout", "cmd"] } },
    { code: 0, stdout: "graceful_timeout: 30.0\ncmd: sleep 3600\n" },
  );
  await asks(
    ["stop", "nobody"],
    { command: "stop", properties: { name: "nobody", waiting: false, match: "glob" } },
    { code: 3, stderr: "error: program nobody not found\n" },
  );
  await asks(["dstats"], { command: "dstats", properties: {} }, { code: 3, stdout: "" });
});

test("circusctl listen finds the events of a Python daemon and prints them until it is interrupted", { skip }, async (t) => {
  const { command, request } = await pythonDaemon(t);
  const child = spawn(process.execPath, [...command, "listen", "watcher.web"], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => end(child, "SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, 'watcher.web.spawn: {"process_pid": 33, "time": 1.5}');
  assert.deepEqual(await request(), { command: "globaloptions", properties: { option: "pubsub_endpoint" } });
  assert.equal(await end(child, "SIGINT"), 1);
});
