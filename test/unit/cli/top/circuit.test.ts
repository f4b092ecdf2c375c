/** circus-top --cluster: what is made of the replies of servers, and that none waits for another. */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import test from "node:test";
import { CircuitModel } from "../../../../src/cli/top/circuit-model.js";
import { CircuitSource } from "../../../../src/cli/top/circuit-source.js";
import { bodyHeight, layOut } from "../../../../src/cli/top/layout.js";
import { arrange, type Row } from "../../../../src/cli/top/rows.js";
import { UNICODE_SIGNS } from "../../../../src/cli/top/text.js";
import { runCircusTop } from "../../../../src/cli/top/top.js";
import { FIRST_VIEW, isFolded, press, settle, type View } from "../../../../src/cli/top/view.js";
import type { Asker } from "../../../../src/cli/through.js";
import { CallTimeout } from "../../../../src/client/errors.js";
import { systemTimer } from "../../../../src/client/timer.js";
import type { Clock } from "../../../../src/core/ports.js";
import { encodeJson, isObject } from "../../../../src/wire/codec.js";
import { openMemory } from "../../../../src/wire/memory/transport.js";
import type { Reply } from "../../../../src/wire/reply.js";
import { collector } from "../../../helpers/circusctl.js";

const MEMBERS = [
  { id: "X2", name: "web1", state: "alive", circusd: true, self: false },
  { id: "X1", name: "db1", state: "alive", circusd: true, self: true },
  { id: "X3", name: "laptop", state: "alive", circusd: false, self: false },
];

function members(list: readonly object[] = MEMBERS): Reply {
  return { status: "ok", members: list };
}

function figures(pid: number, cpu = 0): object {
  return {
    ...{ mem_info1: "1.50M", mem_info2: "3.00M", cpu, mem: 0.5, ctime: "1:02.5", pid, username: "root", nice: 0, create_time: 0 },
    ...{ age: 10, cmdline: "sleep", children: [] },
  };
}

function stats(infos: object): { readonly stats: Reply; readonly own: Reply } {
  return { stats: { status: "ok", infos }, own: { status: "ok", info: figures(1) } };
}

const WEB = stats({ web: { 11: figures(11, 5), 12: "No such process (stopped?)" }, "circusd-stats": { 9: figures(9) } });
const DB = stats({ db: { 21: figures(21, 9) } });

function told(row: Row): string {
  if (row.kind === "server") return `${row.figures.name}:`;
  if (row.kind === "watcher") return row.name;
  return row.kind === "process" ? String(row.figures.pid) : row.kind;
}

function rowsOf(model: CircuitModel, view: View = FIRST_VIEW, now = 0): readonly Row[] {
  return arrange(model.snapshot(now), { sort: view.sort, filter: view.filter, isFolded: (group) => isFolded(view, group) });
}

function filled(): CircuitModel {
  const model = new CircuitModel(3);
  model.list(members(), 0);
  model.answer("X2", WEB, 0);
  model.answer("X1", DB, 0);
  return model;
}

test("watchers stand below their servers, circusd with its helpers as one of them", () => {
  const model = filled();
  assert.deepEqual(rowsOf(model).map(told), ["db1:", "circus", "1", "db", "21", "web1:", "circus", "1", "9", "web", "11"]);
  assert.deepEqual(rowsOf(model, { ...FIRST_VIEW, filter: "web1" }).map(told), ["web1:", "circus", "1", "9", "web", "11"]);
  assert.deepEqual(rowsOf(model, { ...FIRST_VIEW, filter: "21" }).map(told), ["db1:", "db", "21"]);
  assert.equal(new Set(rowsOf(model).map(({ key }) => key)).size, 11);
});

test("servers and the watchers of one are folded by the keys that fold watchers", () => {
  const model = filled();
  const body = (view: View) => ({ rows: rowsOf(model, view), height: 20 });
  const all = press(FIRST_VIEW, { name: "-", text: "-" }, body(FIRST_VIEW)).view;
  assert.deepEqual(rowsOf(model, all).map(told), ["db1:", "web1:"]);
  const one = press(FIRST_VIEW, { name: "space", text: " " }, body(FIRST_VIEW)).view;
  assert.deepEqual(rowsOf(model, one).map(told), ["db1:", "web1:", "circus", "1", "9", "web", "11"]);
  const at = settle({ ...FIRST_VIEW, selected: "X1 watcher circus" }, body(FIRST_VIEW));
  const watcher = press(at, { name: "space", text: " " }, body(at)).view;
  assert.deepEqual(rowsOf(model, watcher).map(told).slice(0, 4), ["db1:", "circus", "db", "21"]);
});

test("a server that does not answer keeps its figures, dimmed, and is told of", () => {
  const model = filled();
  model.answer("X1", DB, 9000);
  const snapshot = model.snapshot(9000);
  const rows = rowsOf(model, FIRST_VIEW, 9000);
  const size = { width: 90, height: 24 };
  const view = settle({ ...FIRST_VIEW, selected: "none", index: 11 }, { rows, height: bodyHeight(size) });
  const lines = layOut({ snapshot, rows, view, connection: { kind: "live" }, endpoint: "tcp://x:1", size, signs: UNICODE_SIGNS });
  const text = lines.map(({ spans }) => spans.map((span) => span.text).join(""));
  assert.match(text[1] ?? "", /^ servers 2 {3}watchers 4 {3}processes 5 {3}CPU/);
  const web = text.findIndex((line) => line.includes("▾ web1"));
  assert.match(text[web] ?? "", / no answer for 9 s +$/);
  assert.match(text[web + 4] ?? "", /^ {3}▾ web \(1\) +5\.0/);
  assert.ok(lines[web + 4]?.spans.every(({ look }) => look === "dim"));
  assert.ok(lines[4]?.spans.every(({ look }) => look !== "dim"));
});

test("a lost server stays until it is forgotten, one that has left goes", () => {
  const model = filled();
  const [web, db] = MEMBERS;
  assert.deepEqual(
    model.list(members([{ ...web, state: "lost" }, { ...db }]), 1).map(({ name }) => name),
    ["db1"],
  );
  assert.deepEqual(
    model.snapshot(1).servers.map(({ name, state }) => `${name} ${state}`),
    ["db1 alive", "web1 lost"],
  );
  model.list(members([{ ...db }]), 2);
  assert.deepEqual(rowsOf(model).map(told).slice(0, 1), ["db1:"]);
  assert.equal(model.snapshot(2).servers.length, 1);
});

test("a silent server is asked once, and the others go on", async () => {
  let round = (): void => undefined;
  const asked: string[] = [];
  const client: Asker = {
    async send(command, properties) {
      const server = command === "relay" ? String(properties["server"]) : "X1";
      asked.push(`${server} ${String(command === "relay" ? properties["command"] : command)}`);
      if (server === "X2") return new Promise(() => undefined);
      return { text: "", reply: command === "members" ? members() : command === "stats" ? DB.stats : DB.own };
    },
  };
  const clock: Clock = {
    now: () => 0,
    epoch: () => 0,
    after: (_delay, run) => {
      round = run;
      return () => undefined;
    },
    yield: () => Promise.resolve(),
  };
  const source = new CircuitSource({ client, clock, processTimeout: 3 });
  let changes = 0;
  const news = async (): Promise<void> => {
    const before = changes;
    while (changes < before + 2) await new Promise(setImmediate);
  };
  const running = source.run(() => (changes += 1));
  await news();
  round();
  await news();
  assert.equal(asked.filter((one) => one === "X1 stats").length, 2);
  assert.equal(asked.filter((one) => one === "X2 stats").length, 1);
  source.close();
  await running;
});

test("a daemon that refuses at first is the end, one that is silent is waited for", async () => {
  const clock: Clock = { now: () => 0, epoch: () => 0, after: () => () => undefined, yield: () => Promise.resolve() };
  const refusing: Asker = { send: async () => ({ text: "", reply: { status: "error", reason: "This circusd is no server" } }) };
  await assert.rejects(
    new CircuitSource({ client: refusing, clock, processTimeout: 3 }).run(() => undefined),
    /^Error: This circusd is no server$/,
  );
  const silent: Asker = { send: () => Promise.reject(new CallTimeout("members", "tcp://x:1", 5)) };
  const source = new CircuitSource({ client: silent, clock, processTimeout: 3 });
  const running = source.run(() => undefined);
  await new Promise(setImmediate);
  assert.equal(source.silence(), null);
  source.close();
  await running;
});

/** Runs circus-top --cluster against a daemon of memory; web1 answers only where it is told to. */
async function top(
  argv: readonly string[],
  webAnswers: boolean,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const transport = openMemory();
  const answers: Readonly<Record<string, (server: string) => object>> = {
    members: () => members(),
    stats: (server) => (server === "X2" ? WEB.stats : DB.stats),
    dstats: () => DB.own,
  };
  const server = await transport.serve("tcp://127.0.0.1:5555", { maxFrame: 1e6 }, (incoming) => {
    const request: unknown = JSON.parse(Buffer.concat(incoming.frames).toString());
    if (!isObject(request)) return;
    const { id, command } = request;
    const properties = isObject(request["properties"]) ? request["properties"] : {};
    const far = command === "relay" ? String(properties["server"]) : "X1";
    if (far === "X2" && !webAnswers) return;
    const reply = answers[String(command === "relay" ? properties["command"] : command)]?.(far) ?? {};
    incoming.respond(encodeJson(command === "relay" ? { status: "ok", server: far, reply, id } : { ...reply, id }));
  });
  const [out, err] = [collector(false), collector(false)];
  const clock: Clock = {
    now: () => performance.now(),
    epoch: () => 1000.5,
    // A second takes a twentieth of one.
    after: (delay, run) => systemTimer.after(delay / 20, run),
    yield: () => Promise.resolve(),
  };
  // A network of memory holds no socket that would keep the test alive.
  const alive = setInterval(() => undefined, 60_000);
  const code = await runCircusTop({
    ...{ argv: ["--cluster", ...argv], env: {}, stdin: Readable.from([]), stdout: out.stream, stderr: err.stream, version: "1.2.3", clock },
    ending: new AbortController().signal,
    openTransport: async () => transport,
    run: async () => ({ ended: Promise.resolve({ how: "exit code 255", said: "no route to host" }), end: () => undefined }),
    protect: () => undefined,
    suspend: () => undefined,
  });
  clearInterval(alive);
  await server.close();
  return { code, stdout: out.text(), stderr: err.text() };
}

test("without a terminal it prints all servers once, with the server in every line", async () => {
  const { code, stdout, stderr } = await top([], true);
  assert.deepEqual([code, stderr], [0, ""]);
  const [head, ...lines] = stdout.trimEnd().split("\n");
  assert.match(head ?? "", /^SERVER +WATCHER +PID +CPU% .*COMMAND$/);
  assert.deepEqual(
    lines.map((line) => line.split(/ +/).slice(0, 3).join(" ")),
    [
      "db1 circus 1",
      "db1 circus all",
      "db1 db 21",
      "db1 db all",
      "web1 circus 1",
      "web1 circus 9",
      "web1 circus all",
      "web1 web 11",
      "web1 web all",
    ],
  );
});

test("what did not answer in time is missing, and said so", async () => {
  const { code, stdout } = await top(["--once"], false);
  assert.equal(code, 0);
  assert.match(stdout, /\nweb1 .* no answer for \d s\n$/);
  const json: unknown = JSON.parse((await top(["--once", "--json"], false)).stdout);
  assert.ok(isObject(json) && Array.isArray(json["servers"]));
  const servers: readonly unknown[] = json["servers"];
  assert.deepEqual(
    servers.map((server) => isObject(server) && [server["name"], server["silence"] === null]),
    [
      ["db1", true],
      ["web1", false],
    ],
  );
});
