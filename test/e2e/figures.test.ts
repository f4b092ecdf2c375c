/** circusd-stats as circusd runs it: what it publishes, beside what Circus was recorded to, and what it survives. */
import assert from "node:assert/strict";
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, symlinkSync } from "node:fs";
import net from "node:net";
import test, { type TestContext } from "node:test";
import { promisify } from "node:util";
import { Subscriber } from "zeromq";
import { Daemon, isAlive } from "../helpers/daemon.js";
import { eventually, kill, memoryOf } from "../helpers/facts.js";
import { PYTHON, withoutPythonZmq } from "../helpers/partners.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";
import { isJson } from "../helpers/transcript.js";

interface Message {
  readonly topic: string;
  readonly stat: Readonly<Record<string, unknown>>;
}

const WATCHERS = `
[watcher:My App]
cmd = sh -c "sleep 3600 & sleep 3600; true"
stop_children = True
[watcher:web]
cmd = sleep 3600
numprocesses = 2
[watcher:lazy]
cmd = sleep 3600
autostart = False
[socket:ux]
path = DIR/ux.sock
[socket:inet]
host = 127.0.0.1
port = 0
`;

interface Started {
  readonly daemon: Daemon;
  readonly figures: string;
}

async function start(t: TestContext, ini = WATCHERS): Promise<Started> {
  const dir = await tempDir();
  const figures = `ipc://${dir.join("figures.sock")}`;
  const circus = `statsd = True\nstats_endpoint = ${figures}`;
  const daemon = await Daemon.start(t, { dir, circus, ini: ini.replaceAll("DIR", dir.path) });
  t.after(() => dir[Symbol.asyncDispose]());
  return { daemon, figures };
}

/** Reads messages until one will do, and returns all that came. */
async function until(figures: string, willDo: (message: Message, all: readonly Message[]) => boolean): Promise<readonly Message[]> {
  const socket = new Subscriber({ linger: 0, receiveTimeout: 20_000 });
  try {
    socket.connect(figures);
    socket.subscribe("stat.");
    const all: Message[] = [];
    for (;;) {
      const [topic, body] = await socket.receive();
      const stat: unknown = JSON.parse(String(body));
      assert.ok(isJson(stat));
      const message = { topic: String(topic), stat };
      all.push(message);
      if (willDo(message, all)) return all;
    }
  } finally {
    socket.close();
  }
}

/** A whole round: from one sum of all sockets to the next. */
async function round(figures: string): Promise<readonly Message[]> {
  const all = await until(figures, ({ topic }, so) => topic === "stat.sockets" && so.filter((one) => one.topic === topic).length === 2);
  const first = all.findIndex(({ topic }) => topic === "stat.sockets");
  return all.slice(first + 1);
}

/** What kind of message a topic has. */
function kindOf(topic: string): string {
  if (/^stat\.sockets(\.|$)/.test(topic)) return topic === "stat.sockets" ? "sockets" : "socket";
  return /\.\d+$/.test(topic) ? "process" : "watcher";
}

/** Keys with the types of their values; what is added here is left out. */
function shapeOf(stat: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const kept = Object.entries(stat).filter(([key]) => !["rss", "vms", "cpu_seconds"].includes(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, key === "name" ? "name" : Array.isArray(value) ? "list" : typeof value]));
}

test("a round has the topics, keys and types that Circus was recorded to publish", async (t) => {
  const { daemon, figures } = await start(t);
  await daemon.processes("web", 2);
  await until(figures, ({ topic }) => topic === "stat.circus");
  const messages = await round(figures);
  const [web, app, own] = [await daemon.pids("web"), await daemon.onlyProcess("my app"), await daemon.onlyProcess("circusd-stats")];
  const reply = await daemon.client.call("listsockets", {});
  const fds = Object.fromEntries(reply.sockets.map(({ name, fd }) => [name, fd]));
  assert.deepEqual(
    messages.map(({ topic }) => topic).sort(),
    [
      ...["stat.lazy", "stat.my_app", `stat.my_app.${app}`, "stat.web", ...web.map((pid) => `stat.web.${pid}`)],
      ...["stat.circus", `stat.circus.${own}`, `stat.circus.${daemon.pid}`],
      ...["stat.sockets", `stat.sockets.${fds["ux"]}`, `stat.sockets.${fds["inet"]}`],
    ].sort(),
  );
  const recorded = readFileSync(repositoryPath("test", "fixtures", "stats-sample.jsonl"), "utf8")
    .trim()
    .split("\n");
  const shapes = new Map<string, unknown>();
  for (const line of recorded) {
    const frames: unknown = JSON.parse(line);
    assert.ok(Array.isArray(frames));
    const stat: unknown = JSON.parse(String(frames[1]));
    // What Circus could not look at is N/A and tells no type.
    if (isJson(stat) && !Object.values(stat).includes("N/A")) shapes.set(kindOf(String(frames[0])), shapeOf(stat));
  }
  for (const { topic, stat } of messages) assert.deepEqual(shapeOf(stat), shapes.get(kindOf(topic)), topic);
  const names = messages.filter(({ stat }) => "subtopic" in stat && "name" in stat).map(({ stat }) => [stat["pid"], stat["name"]]);
  assert.deepEqual(new Map(names.map(([pid, name]) => [pid, name])).get(daemon.pid), "circusd");
  assert.deepEqual(messages.find(({ topic }) => topic === "stat.lazy")?.stat, { pid: [], cpu: 0, mem: 0, age: 0, rss: 0 });
});

test("stats, dstats and circusd-stats tell the same of a process", async (t) => {
  const { daemon, figures } = await start(t);
  const pid = await daemon.onlyProcess("my app");
  const all = await until(figures, ({ topic }) => topic === `stat.my_app.${pid}`);
  const published = { ...all.at(-1)?.stat };
  const reply = await daemon.client.call("stats", { name: "my app" });
  const infos: unknown = "info" in reply ? reply.info : null;
  assert.ok(isJson(infos));
  const told = infos[String(pid)];
  assert.ok(isJson(told));
  const changing = ["cpu", "age", "ctime", "cpu_seconds", "mem", "mem_info1", "mem_info2", "rss", "vms", "children"];
  const same = (stat: Readonly<Record<string, unknown>>, without: readonly string[]): unknown =>
    Object.fromEntries(
      Object.entries(stat).flatMap(([key, value]) => (without.includes(key) ? [] : [[key, changing.includes(key) ? typeof value : value]])),
    );
  assert.deepEqual(same(published, ["subtopic", "name"]), same(told, ["started", "wid"]));
});

test("connections are counted and come under the daemon's own number", async (t) => {
  const { daemon, figures } = await start(t);
  const { sockets } = await daemon.client.call("listsockets", {});
  const inet = sockets.find(({ name }) => name === "inet");
  assert.ok(inet?.port !== undefined);
  await until(figures, ({ topic }) => topic === `stat.sockets.${inet.fd}`);
  // Nobody accepts, so that the socket stays ready.
  const client = net.connect(inet.port, "127.0.0.1");
  t.after(() => void client.destroy());
  client.on("error", () => undefined);
  await once(client, "connect");
  const all = await until(figures, ({ topic, stat }) => topic === `stat.sockets.${inet.fd}` && Number(stat["reads"]) > 0);
  assert.equal(all.at(-1)?.stat["address"], `127.0.0.1:${inet.port}`);
  assert.ok(Number(all.at(-1)?.stat["reads"]) <= 110);
});

test("Circus's own way of reading shows every watcher", { skip: withoutPythonZmq() }, async (t) => {
  const { daemon, figures } = await start(t);
  await daemon.processes("web", 2);
  const script = repositoryPath("test", "fixtures", "reads-figures-as-circus.py");
  const { stdout } = await promisify(execFile)(PYTHON, [script, figures, "web", "my_app", "circus", "sockets"]);
  const shown: unknown = JSON.parse(stdout);
  assert.ok(isJson(shown));
  assert.deepEqual(Object.keys(shown).sort(), ["circus", "lazy", "my_app", "sockets", "web"]);
});

test("circusd-stats that was killed comes back", async (t) => {
  const { daemon, figures } = await start(t);
  const first = await daemon.onlyProcess("circusd-stats");
  await until(figures, ({ topic }) => topic === `stat.circus.${first}`);
  kill(first, "SIGKILL");
  const [second] = await eventually(
    () => daemon.pids("circusd-stats"),
    (pids) => pids.length === 1 && pids[0] !== first,
  );
  await until(figures, ({ topic }) => topic === `stat.circus.${second ?? 0}`);
});

test("circusd-stats ends with the circusd that started it", async (t) => {
  const { daemon, figures } = await start(t, "[watcher:none]\ncmd = true\nautostart = False\n");
  const pid = await daemon.onlyProcess("circusd-stats");
  await until(figures, ({ topic }) => topic === `stat.circus.${daemon.pid}`);
  kill(daemon.pid, "SIGKILL");
  await eventually(
    () => isAlive(pid),
    (alive) => !alive,
  );
});

test("circusd-stats ends also with a circusd that was killed before it ever answered", async (t) => {
  const { daemon } = await start(t, "[watcher:none]\ncmd = true\nautostart = False\n");
  const pid = await daemon.onlyProcess("circusd-stats");
  kill(daemon.pid, "SIGKILL");
  await eventually(
    () => isAlive(pid),
    (alive) => !alive,
  );
});

test("a subscriber that never reads costs nothing for good, and others are served", { skip: withoutPythonZmq() }, async (t) => {
  const { daemon, figures } = await start(t);
  const stuck = spawn(PYTHON, [repositoryPath("test", "fixtures", "never-reads-figures.py"), figures], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => void stuck.kill("SIGKILL"));
  await once(stuck.stdout, "data");
  const pid = await daemon.onlyProcess("circusd-stats");
  const before = memoryOf(pid);
  const web = await daemon.processes("web", 2);
  const rounds = await until(figures, ({ topic }, all) => topic === "stat.web" && all.filter((one) => one.topic === topic).length === 3);
  assert.deepEqual(rounds.at(-1)?.stat["pid"], web);
  assert.ok(memoryOf(pid) < before + 32 * 1024 * 1024);
});

test("an endpoint in use is one clear line, and SIGTERM ends at once", async (t) => {
  const { daemon, figures } = await start(t);
  await until(figures, ({ topic }) => topic === "stat.circus");
  const program = repositoryPath("bin", "circusd-stats.js");
  const run = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
    return { code: status, stdout, stderr };
  };
  const taken = run("--statspoint", figures);
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /^circusd-stats: Cannot bind event endpoint "ipc:.*": address already in use; .*\n$/);
  assert.match(run("--socket", "web").stderr, /error: argument --socket: invalid value: 'web' \(write NAME=FD, such as web=3\)\n$/);
  assert.match(run("--help").stdout, /^usage: circusd-stats \[-h\]/);
  const pid = await daemon.onlyProcess("circusd-stats");
  await daemon.client.call("stop", { name: "circusd-stats", waiting: true });
  await daemon.logged(/circusd-stats ends/);
  const { payload } = await daemon.event("watcher.circusd-stats.reap");
  assert.deepEqual(isJson(payload) ? [payload["process_pid"], payload["exit_code"]] : null, [pid, 0]);
});

test("a lost way through ssh ends circusd-stats with ssh's own words", async (t) => {
  const dir = await tempDir(t);
  const record = dir.join("record");
  symlinkSync(repositoryPath("test", "fixtures", "pretends-to-be-ssh.js"), dir.join("ssh"));
  const far = ["--ssh", "far", "--endpoint", "tcp://127.0.0.1:1", "--pubsub", "tcp://127.0.0.1:1"];
  const args = [repositoryPath("bin", "circusd-stats.js"), ...far, "--statspoint", `ipc://${dir.join("figures.sock")}`];
  const env = { ...process.env, PATH: `${dir.path}:${process.env["PATH"] ?? ""}`, SSH_RECORD: record };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  t.after(() => void child.kill("SIGKILL"));
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await eventually(
    () => said,
    (text) => text.includes("circusd-stats publishes"),
  );
  kill(Number(/"pid":(\d+)/.exec(readFileSync(record, "utf8"))?.[1]), "SIGKILL");
  await once(child, "close");
  assert.equal(child.exitCode, 1);
  assert.match(said, /\ncircusd-stats: Lost the way through ssh to "far": ssh ended with .*\n$/);
});
