/** Several circusd as one: commands that one hands to another, by the programs that people use. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { HttpdProcess } from "../helpers/console.js";
import { Daemon } from "../helpers/daemon.js";
import { eventually } from "../helpers/facts.js";
import { tempDir } from "../helpers/temp.js";

interface Setting {
  readonly labels: string;
  readonly join?: string;
  readonly ini?: string;
}

const SLEEPS = `
[watcher:api]
cmd = sleep 1000
numprocesses = 2
`;

/** A circusd that is a server of a circuit, at a port that is free. */
function server(t: TestContext, name: string, { labels, join = "", ini = SLEEPS }: Setting): Promise<Daemon> {
  return Daemon.start(t, {
    ini: `[cluster]\nlisten = 127.0.0.1:0\nname = ${name}\nlabels = ${labels}\njoin = ${join}\nstate_dir = .\n${ini}`,
  });
}

async function members(daemon: Daemon): Promise<readonly { readonly id: string; readonly name: string; readonly address: string }[]> {
  return (await daemon.client.call("members", {})).members;
}

async function placeOf(daemon: Daemon): Promise<string> {
  // The server opens after the watchers.
  const [self] = await eventually(
    () => members(daemon).catch(() => []),
    (list) => list.length > 0,
  );
  return /^circuit:\/\/([^/]+)/.exec(self?.address ?? "")?.[1] ?? "";
}

/** Two of them that see each other; the first is asked. */
async function pair(t: TestContext): Promise<{ readonly one: Daemon; readonly two: Daemon }> {
  const one = await server(t, "one", { labels: "role=web" });
  const two = await server(t, "two", { labels: "role=web zone=b", join: await placeOf(one) });
  await eventually(
    () => members(one),
    (list) => list.length === 2,
  );
  return { one, two };
}

test("circusctl steers every server of a circuit by way of one", async (t) => {
  const { one, two } = await pair(t);
  const ids = new Map((await members(one)).map(({ name, id }) => [name, id]));
  const title = (name: string): string => `${name} (${ids.get(name) ?? ""}):`;
  const listed = await one.ctl("members");
  assert.match(listed.stdout, /^one\* alive X\S+ circuit:\S+ role=web$/m);
  assert.match(listed.stdout, /^two alive X\S+ circuit:\S+ role=web zone=b$/m);
  const incr = await one.ctl("@two", "incr", "api", "--waiting");
  assert.deepEqual(incr, await two.ctl("incr", "api", "--waiting").then(({ code, stderr }) => ({ code, stderr, stdout: "3\n" })));
  assert.equal((await one.pids("api")).length, 2);
  const all = await one.ctl("--cluster", "status");
  assert.deepEqual([all.code, all.stdout], [0, `${title("one")}\napi: active\n${title("two")}\napi: active\n`]);
  const before = [await one.pids("api"), await two.pids("api")];
  const restarted = await one.ctl("--label", "role=web", "restart", "api");
  assert.deepEqual([restarted.code, restarted.stdout], [0, `${title("one")}\nok\n${title("two")}\nok\n`]);
  for (const [at, daemon] of [one, two].entries())
    assert.ok((await daemon.pids("api")).every((pid) => before[at]?.includes(pid) === false));
  const failed = await one.ctl("--cluster", "decr", "nothing");
  assert.deepEqual([failed.code, failed.stdout], [3, ""]);
  assert.match(
    failed.stderr,
    /^one \(X\S+\):\nerror: program nothing not found\nDone: none\nFailed: one \(X\S+\)\nNot touched: two \(X\S+\)\n$/,
  );
  const near = await one.ctl("@tow", "list");
  assert.deepEqual([near.code, near.stderr], [3, 'error: There is no server "tow" in the circuit; did you mean "two"?\n']);
  const quit = await one.ctl("@two", "quit");
  assert.deepEqual([quit.code, quit.stdout], [0, "ok\n"]);
  assert.equal(await two.exit(), 0);
  await eventually(
    () => members(one),
    (list) => list.length === 1,
  );
});

test("a command that takes longer than one waits is told of alike, on this host and on another", async (t) => {
  const ini = `[watcher:slow]\ncmd = sh -c "trap '' TERM; while :; do sleep 0.1; done"\ngraceful_timeout = 1.5\n`;
  const one = await server(t, "one", { labels: "", ini });
  await server(t, "two", { labels: "", ini, join: await placeOf(one) });
  await eventually(
    () => members(one),
    (list) => list.length === 2,
  );
  for (const name of ["one", "two"]) {
    const { code, stderr } = await one.ctl("--timeout", "0.3", `@${name}`, "stop", "slow", "--waiting");
    const told = `error: Cannot carry out "stop" on server "${name}": it was not done within 0.3 s; raise the timeout, or look there\n`;
    assert.deepEqual([code, stderr], [3, told]);
  }
});

test("a server that is told to join does, and one without a circuit says what is missing", async (t) => {
  const one = await server(t, "one", { labels: "" });
  const two = await server(t, "two", { labels: "" });
  await placeOf(two);
  const joined = await two.ctl("join", await placeOf(one));
  assert.match(joined.stdout, /^joined one \(X[0-9a-f]{16}\)\n$/);
  await eventually(
    () => members(one),
    (list) => list.length === 2,
  );
  const alone = await Daemon.start(t, { ini: SLEEPS });
  for (const argv of [["members"], ["@one", "list"], ["--cluster", "list"]]) {
    const { code, stderr } = await alone.ctl(...argv);
    assert.deepEqual([code, stderr], [3, "error: This circusd is no server of a circuit: add [cluster] to its configuration\n"]);
  }
});

test("who may only look does so at every server, and nothing that acts gets through", async (t) => {
  const { one, two } = await pair(t);
  const dir = await tempDir(t);
  const tokens = dir.join("tokens");
  const adder = new HttpdProcess(t, ["--add-token", "--token-file", tokens]);
  adder.process.stdin?.end("");
  await adder.exit();
  const headers = { authorization: `Bearer ${adder.stdout.trim()}` };
  const httpd = new HttpdProcess(t, ["--endpoint", one.endpoint, "--token-file", tokens, "--port", "0"]);
  const console = await httpd.listening();
  const relay = (command: unknown, properties: object = {}) =>
    console.command("relay", { server: "two", command, properties }, { headers });
  const looked = await relay("status");
  assert.equal(looked.status, 200);
  assert.match(looked.text, /"reply": \{.*"statuses": \{"api": "active"\}/);
  assert.equal((await console.command("members", {}, { headers })).status, 200);
  const smuggled: readonly (readonly [unknown, object])[] = [
    ["quit", {}],
    ["Status", {}],
    [["status"], {}],
    ["relay", { server: "one", command: "status" }],
    ["relay", { server: "one", command: "quit" }],
  ];
  for (const [command, properties] of smuggled) {
    const { status, json } = await relay(command, properties);
    assert.deepEqual([status, json["message"]], [403, "This needs the role admin, and you have read"], JSON.stringify(command));
  }
  assert.equal((await console.command("join", { address: "127.0.0.1:1" }, { headers })).status, 403);
  assert.equal(two.process.exitCode, null);
});
