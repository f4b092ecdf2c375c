/** The console's HTTP interface and feed against a real circusd. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import net from "node:net";
import test from "node:test";
import { HttpdProcess, startConsole, ask, Feed } from "../helpers/console.js";
import { Daemon, isAlive } from "../helpers/daemon.js";
import { eventually, kill } from "../helpers/facts.js";
import { readExposition, valueOf } from "../helpers/prometheus.js";
import { tempDir } from "../helpers/temp.js";

const SLEEPS = "[watcher:My App]\ncmd = sleep 1000\nnumprocesses = 2\n";

test("a command over HTTP is carried out by the daemon, whose reply comes back as it is, and admin's are noted in the log", async (t) => {
  const { daemon, console } = await startConsole(t, { ini: SLEEPS });
  const { status, json, headers } = await console.command("incr", { name: "my app", nb: 2, waiting: true });
  assert.deepEqual([status, json["status"], json["numprocesses"]], [200, "ok", 4]);
  assert.match(String(headers["content-type"]), /^application\/json/);
  assert.equal(headers["cache-control"], "no-store");
  assert.equal((await daemon.pids("My App")).length, 4);
  const refused = await console.command("options", { name: "nobody" });
  assert.deepEqual([refused.status, refused.json["reason"], refused.json["errno"]], [400, "program nobody not found", 3]);
  const wrong = await console.command("incr", { name: 5 });
  assert.deepEqual([wrong.status, wrong.json["status"]], [400, "error"]);
  await daemon.logged(/anybody from 127\.0\.0\.1: incr name='my app' nb='2' on local: ok\n/);
  await daemon.logged(/anybody from 127\.0\.0\.1: incr name='5' on local: refused: 'name' isn't a string\n/);
  assert.doesNotMatch(daemon.output, /on local: refused: program nobody/, "who only looks leaves no trace");
  const session = await console.ask("/api/v1/session");
  assert.deepEqual(
    { ...session.json, version: "" },
    { user: null, role: "admin", daemons: [{ id: "local", endpoint: daemon.endpoint }], version: "" },
  );
});

test("the feed tells everything at first, then what happens: spawn, death, stop, removal", async (t) => {
  const { daemon, console } = await startConsole(t, { ini: SLEEPS });
  const feed = await console.feed(t);
  feed.send({ type: "open", daemon: "local" });
  const state = await feed.until("state");
  const app = state.watchers.find(({ name }) => name === "My App");
  const pids = await daemon.pids("My App");
  assert.deepEqual(app, { name: "My App", status: "active", numprocesses: 2, singleton: false, pids, internal: false, deaths: 0 });
  assert.deepEqual(
    state.watchers.filter(({ internal }) => internal).map(({ name }) => name),
    ["circusd-stats", "circushttpd"],
  );
  assert.equal(state.sockets[0]?.name, "circushttpd");
  kill(pids[0], "SIGKILL");
  const reaped = await feed.until("event", ({ event }) => event.topic === "watcher.my_app.reap");
  assert.equal(reaped.event.number, 1);
  const replaced = await feed.until("watcher", ({ watcher }) => watcher.deaths === 1 && watcher.pids.length === 2);
  assert.ok(!replaced.watcher.pids.includes(pids[0] ?? 0));
  await daemon.client.call("stop", { name: "My App", waiting: true });
  await feed.until("watcher", ({ watcher }) => watcher.status === "stopped" && watcher.pids.length === 0);
  await daemon.client.call("add", { name: "new", cmd: "sleep 1000", start: true });
  await feed.until("watcher", ({ watcher }) => watcher.name === "new" && watcher.pids.length === 1);
  await daemon.client.call("set", { name: "new", options: { numprocesses: 3 }, waiting: true });
  await feed.until("watcher", ({ watcher }) => watcher.numprocesses === 3);
  await daemon.client.call("rm", { name: "new", waiting: true });
  await feed.until("gone", ({ name }) => name === "new");
});

test("the feed has figures every second, of processes where somebody looks, and what was before for who comes later", async (t) => {
  const { daemon, console } = await startConsole(t, { ini: SLEEPS });
  const feed = await console.feed(t);
  feed.send({ type: "open", daemon: "local" });
  feed.send({ type: "look", name: "My App" });
  const figures = await feed.until("figures", ({ watchers }) => watchers["My App"] !== undefined);
  assert.ok((figures.watchers["My App"]?.memory ?? 0) > 100_000);
  const { name, processes } = await feed.until("processes", (message) => message.processes.length === 2);
  assert.equal(name, "My App");
  assert.deepEqual(processes.map(({ pid }) => pid).sort(), [...(await daemon.pids("My App"))].sort());
  assert.deepEqual(
    processes.map(({ command }) => command),
    ["sleep", "sleep"].map(() => processes[0]?.command),
  );
  const later = await console.feed(t);
  later.send({ type: "open", daemon: "local" });
  const { history, figures: arrive } = await later.until("state");
  assert.equal(arrive, true);
  assert.ok((history["My App"]?.time.length ?? 0) > 0);
});

test("the feed follows the output of a watcher, in the daemon's words where that cannot be", async (t) => {
  const { console } = await startConsole(t, {
    ini: "[watcher:talks]\ncmd = sh -c 'echo one; echo two; read line </dev/null; exec sleep 1000'\ntail_lines = 10\n[watcher:mute]\ncmd = sleep 1000\n",
  });
  const feed = await console.feed(t);
  feed.send({ type: "follow", id: 1, name: "talks", lines: 1 });
  assert.match((await feed.until("problem")).message, /No daemon is opened/);
  feed.send({ type: "open", daemon: "local" });
  await feed.until("state");
  feed.send({ type: "follow", id: 2, name: "talks", lines: 10 });
  await feed.until("output", ({ id, lines }) => id === 2 && lines.some(({ text }) => text === "two"));
  feed.send({ type: "follow", id: 3, name: "mute", lines: 1 });
  assert.match((await feed.until("problem", ({ id }) => id === 3)).message, /tail_lines|stdout_stream/);
  for (let id = 10; id < 20; id += 1) feed.send({ type: "follow", id, name: "talks", lines: 1 });
  assert.match((await feed.until("problem", ({ id }) => id > 10)).message, /More than 8 outputs/);
  feed.send({ type: "unfollow", id: 2 });
});

test("a console survives its daemon: it says that it is gone, refuses commands meanwhile, and shows the next one", async (t) => {
  const dir = await tempDir();
  t.after(() => dir[Symbol.asyncDispose]());
  const first = await Daemon.start(t, { dir, ini: SLEEPS });
  const httpd = new HttpdProcess(t, ["--endpoint", first.endpoint, "--port", "0"]);
  const console = await httpd.listening();
  assert.match(httpd.stdout, /^Listening on http:\/\/localhost:\d+\/\nHit Ctrl-C to quit\.\n$/);
  const feed = await console.feed(t);
  feed.send({ type: "open", daemon: "local" });
  await feed.until("state");
  await first.client.call("quit", { waiting: true });
  await first.exit();
  const down = await feed.until("daemon", ({ up }) => !up);
  assert.match(down.reason ?? "", /^No answer from ".*" within 3 s$/);
  assert.equal((await console.ask("/healthz")).status, 503);
  const refused = await console.command("stop", { name: "My App" });
  assert.deepEqual([refused.status, refused.json["error"]], [504, "Gateway Timeout"]);
  assert.equal(valueOf(readExposition((await console.ask("/metrics")).text), "circus_up"), 0);
  feed.messages.length = 0;
  const second = await Daemon.start(t, { dir, ini: "[watcher:other]\ncmd = sleep 1000\n" });
  await feed.until("state", ({ watchers }) => watchers.some(({ name, pids }) => name === "other" && pids.length === 1));
  assert.deepEqual((await console.command("status")).json["statuses"], { other: "active" });
  await second.client.call("incr", { name: "other" });
  await feed.until("watcher", ({ watcher }) => watcher.pids.length === 2);
  httpd.process.kill("SIGTERM");
  assert.deepEqual(await feed.ended(), { code: 1001, reason: "circushttpd ends" });
  assert.equal(await httpd.exit(), 0);
});

test("a daemon that ends and comes back before anybody has noticed is seen for what it is", async (t) => {
  const dir = await tempDir();
  t.after(() => dir[Symbol.asyncDispose]());
  const first = await Daemon.start(t, { dir, ini: SLEEPS });
  const console = await new HttpdProcess(t, ["--endpoint", first.endpoint, "--port", "0"]).listening();
  const feed = await console.feed(t);
  feed.send({ type: "open", daemon: "local" });
  await feed.until("state");
  await first.client.call("restart", { waiting: true });
  const pids = await first.processes("My App", 2);
  await feed.until("watcher", ({ watcher }) => watcher.name === "My App" && pids.every((pid) => watcher.pids.includes(pid)));
});

test("several daemons stand side by side under their names", async (t) => {
  const [one, two] = [await Daemon.start(t, { ini: SLEEPS }), await Daemon.start(t)];
  const args = ["--endpoint", `first=${one.endpoint}`, "--endpoint", two.endpoint, "--port", "0"];
  const console = await new HttpdProcess(t, args).listening();
  const { daemons } = (await console.ask("/api/v1/session")).json;
  assert.deepEqual(daemons, [
    { id: "first", endpoint: one.endpoint },
    { id: "local", endpoint: two.endpoint },
  ]);
  assert.equal((await console.command("numwatchers", {}, { daemon: "first" })).json["numwatchers"], 1);
  assert.equal((await console.command("numwatchers")).json["numwatchers"], 0);
  const unknown = await console.command("status", {}, { daemon: "third" });
  assert.deepEqual([unknown.status, unknown.json["message"]], [404, "There is no daemon 'third'; there are first, local"]);
  const read = readExposition((await console.ask("/metrics")).text);
  assert.equal(valueOf(read, "circus_watcher_processes", { daemon: "first", watcher: "My App" }), 2);
  assert.equal(valueOf(read, "circus_up", { daemon: "local" }), 1);
});

test("metrics tell of watchers, processes, sockets and circusd itself in a form that Prometheus reads", async (t) => {
  const { daemon, console } = await startConsole(t, { ini: `[socket:extra]\nhost = 127.0.0.1\nport = 0\n${SLEEPS}` });
  const { status, text, headers } = await console.ask("/metrics");
  assert.deepEqual([status, headers["content-type"]], [200, "text/plain; version=0.0.4; charset=utf-8"]);
  const read = readExposition(text);
  const [pid = 0] = await daemon.pids("My App");
  assert.ok((valueOf(read, "circus_process_resident_memory_bytes", { watcher: "My App", pid: String(pid) }) ?? 0) > 100_000);
  assert.ok(Math.abs((valueOf(read, "circus_process_start_time_seconds", { pid: String(pid) }) ?? 0) - Date.now() / 1000) < 600);
  assert.ok((valueOf(read, "circus_daemon_cpu_seconds_total") ?? 0) > 0);
  const { sockets } = await daemon.client.call("listsockets", {});
  const port = sockets.find(({ name }) => name === "extra")?.port ?? 0;
  // Nobody accepts it, so there is something to accept from now on.
  const knocking = net.connect(port, "127.0.0.1");
  await once(knocking, "connect");
  knocking.on("error", () => undefined);
  t.after(() => void knocking.destroy());
  const reads = async () =>
    valueOf(readExposition((await console.ask("/metrics")).text), "circus_socket_reads_total", { socket: "extra" }) ?? 0;
  await eventually(reads, (total) => total > 0);
  kill(pid, "SIGKILL");
  const deaths = async () =>
    valueOf(readExposition((await console.ask("/metrics")).text), "circus_watcher_process_deaths_total", { watcher: "My App" });
  await eventually(deaths, (total) => total === 1);
});

test("users log in and out, readers may not act, and programs come with a token", async (t) => {
  const dir = await tempDir(t);
  const add = async (args: readonly string[], input: string) => {
    const program = new HttpdProcess(t, args);
    program.process.stdin?.end(input);
    assert.equal(await program.exit(), 0, program.stderr);
    return program.stdout;
  };
  const [users, tokens] = [dir.join("users"), dir.join("tokens")];
  await add(["--add-user", "alice", "--role", "admin", "--password-file", users], "wonder land\n");
  await add(["--add-user", "bob", "--password-file", users], "the builder\n");
  assert.equal(statSync(users).mode & 0o777, 0o600);
  const token = (await add(["--add-token", "--token-file", tokens], "")).trim();
  assert.ok(!readFileSync(tokens, "utf8").includes(token));
  const { daemon, console } = await startConsole(t, {
    ini: SLEEPS,
    circus: `httpd_password_file = ${users}\nhttpd_token_file = ${tokens}`,
  });
  const nobody = await console.ask("/api/v1/session");
  assert.deepEqual([nobody.status, nobody.json["error"], nobody.headers["www-authenticate"]], [401, "Unauthorized", "Bearer"]);
  assert.equal((await console.command("status")).status, 401);
  assert.equal((await console.ask("/metrics")).status, 401);
  assert.equal((await console.ask("/api/v1/openapi.json")).status, 401);
  assert.equal((await console.ask("/healthz")).status, 200);
  await assert.rejects(console.feed(t), /401/);
  const logIn = (user: string, password: string) => console.ask("/api/v1/session", { method: "POST", body: { user, password } });
  const wrong = await logIn("alice", "wonderland");
  assert.deepEqual([wrong.status, wrong.json["message"]], [401, "Wrong user or password"]);
  await daemon.logged(/\[WARNING\] Wrong user or password from 127\.0\.0\.1: 'alice' was not let in/);
  const alice = await logIn("alice", "wonder land");
  assert.deepEqual([alice.status, alice.json["user"], alice.json["role"]], [200, "alice", "admin"]);
  const [set = ""] = alice.headers["set-cookie"] ?? [];
  assert.match(set, /^circus_session_\d+=[A-Za-z0-9_-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
  const cookie = set.split(";")[0] ?? "";
  assert.equal((await console.command("incr", { name: "My App", waiting: true }, { headers: { cookie } })).status, 200);
  await daemon.logged(/user alice from 127\.0\.0\.1: incr name='My App' on local: ok/);
  const bob = (await logIn("bob", "the builder")).headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  assert.equal((await console.command("status", {}, { headers: { cookie: bob } })).status, 200);
  const refused = await console.command("quit", {}, { headers: { cookie: bob } });
  assert.deepEqual([refused.status, refused.json["message"]], [403, "This needs the role admin, and you have read"]);
  const feed = await console.feed(t, { cookie: bob });
  feed.send({ type: "open", daemon: "local" });
  await feed.until("state");
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await console.ask("/metrics", { headers })).status, 200);
  assert.equal((await console.command("stop", {}, { headers })).status, 403);
  const out = await console.ask("/api/v1/session", { method: "DELETE", headers: { cookie } });
  assert.equal(out.status, 204);
  assert.equal((await console.ask("/api/v1/session", { headers: { cookie } })).status, 401);
});

test("the console speaks TLS with given files", async (t) => {
  const dir = await tempDir(t);
  const [cert, key] = [dir.join("cert.pem"), dir.join("key.pem")];
  const made = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "1",
    "-subj",
    "/CN=localhost",
  ];
  execFileSync("openssl", [...made, "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert], { stdio: "ignore" });
  const users = dir.join("users");
  const adding = new HttpdProcess(t, ["--add-user", "alice", "--password-file", users]);
  adding.process.stdin?.end("secret");
  assert.equal(await adding.exit(), 0);
  const daemon = await Daemon.start(t, { ini: SLEEPS });
  const args = ["--endpoint", daemon.endpoint, "--port", "0", "--certfile", cert, "--keyfile", key, "--password-file", users];
  const { url } = await new HttpdProcess(t, args).listening();
  assert.match(url, /^https:/);
  const ca = readFileSync(cert, "utf8");
  const { status, headers } = await ask(`${url}/api/v1/session`, { method: "POST", body: { user: "alice", password: "secret" }, ca });
  assert.equal(status, 200);
  assert.match(headers["set-cookie"]?.[0] ?? "", /; Secure;/);
  const cookie = headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  const feed = await Feed.open(t, `${url.replace("https", "wss")}/api/v1/feed`, { headers: { cookie, origin: url }, ca });
  feed.send({ type: "open", daemon: "local" });
  await feed.until("state");
  const broken = new HttpdProcess(t, ["--port", "0", "--certfile", key, "--keyfile", key]);
  assert.equal(await broken.exit(), 1);
  assert.match(broken.stderr, /^circushttpd: Cannot use the certificate ".*key\.pem" with the key ".*key\.pem": .+\n$/);
});

test("a port that somebody else has keeps the console away and not the workers, until a reload finds it free", async (t) => {
  const other = net.createServer().listen(0, "127.0.0.1");
  t.after(() => void other.close());
  await once(other, "listening");
  const address = other.address();
  assert.ok(typeof address === "object" && address !== null);
  const daemon = await Daemon.start(t, { circus: `httpd = True\nhttpd_port = ${address.port}`, ini: SLEEPS });
  await daemon.processes("My App", 2);
  await daemon.logged(/Cannot bind socket "circushttpd" to localhost:\d+: address in use; .*; everything else starts\n/);
  other.close();
  await once(other, "close");
  await daemon.client.call("reloadconfig", { waiting: true });
  const healthy = () => ask(`http://localhost:${address.port}/healthz`).then(({ status }) => status === 200);
  await eventually(
    () => healthy().catch(() => false),
    (up) => up,
  );
  assert.equal((await daemon.pids("My App")).length, 2);
});

test("what keeps circushttpd from serving is one line, and the exit code 1", async (t) => {
  const dir = await tempDir(t);
  const taken = net.createServer().listen(0, "localhost");
  await once(taken, "listening");
  t.after(() => void taken.close());
  const address = taken.address();
  const port = String(typeof address === "object" ? address?.port : 0);
  await dir.write("bad", "alice\n");
  const cases: readonly (readonly [args: readonly string[], message: RegExp, code: number])[] = [
    [["--port", port], /^circushttpd: Cannot listen at "localhost:\d+": the port is in use; choose another with --port\n$/, 1],
    [
      ["--host", "0.0.0.0"],
      /^circushttpd: Cannot listen at "0\.0\.0\.0", which other hosts can reach: give --password-file or --token-file\n$/,
      1,
    ],
    [["--password-file", dir.join("none")], /^circushttpd: Cannot read the password file ".*none": ENOENT.*\n$/, 1],
    [["--token-file", dir.join("bad")], /^circushttpd: Cannot read the token file ".*bad": line 1 is not ROLE:SHA256 .*\n$/, 1],
    [
      ["--certfile", dir.join("c"), "--keyfile", dir.join("k")],
      /^circushttpd: Cannot read the (certificate|private key) ".*": ENOENT.*\n$/,
      1,
    ],
    [["--fd", "77"], /^circushttpd: Cannot listen at descriptor 77: .*\n$/, 1],
    [
      ["--host", "no.such.host.invalid", "--token-file", "/dev/null"],
      /^circushttpd: Cannot listen at "no\.such\.host\.invalid:8080": .*\n$/,
      1,
    ],
    [["--endpoint", "localhost"], /circushttpd: error: argument --endpoint: invalid endpoint: 'localhost'/, 2],
  ];
  const tried = cases.map(async ([args, message, code]) => {
    const program = new HttpdProcess(t, args);
    assert.equal(await program.exit(), code, args.join(" "));
    assert.match(program.stderr.replace(/^.*\[WARNING\].*\n/gm, ""), message);
  });
  await Promise.all(tried);
});

test("the description of the API names every command with its properties", async (t) => {
  const { console } = await startConsole(t);
  const { json } = await console.ask("/api/v1/openapi.json");
  assert.equal(json["openapi"], "3.1.0");
  const paths = inside(json["paths"]);
  const ids = new Set<unknown>();
  for (const [path, item] of Object.entries(paths)) {
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const [method, described] of Object.entries(inside(item))) {
      assert.match(method, /^(get|post|delete)$/);
      const operation = inside(described);
      assert.ok(String(operation["summary"]).length > 5 && !ids.has(operation["operationId"]), `${method} ${path}`);
      ids.add(operation["operationId"]);
      for (const response of Object.values(inside(operation["responses"]))) assert.ok(inside(response)["description"], path);
      const given = Object.values(inside(operation["parameters"] ?? {})).map((parameter) => inside(parameter));
      assert.deepEqual(
        given.map((parameter) => [parameter["in"], parameter["name"], parameter["required"]]),
        parameters.map((name) => ["path", name, true]),
      );
    }
  }
  assert.equal(Object.keys(paths).filter((path) => path.includes("/commands/")).length, 30);
  for (const path of ["/api/v1/session", "/metrics", "/healthz"]) assert.ok(paths[path], path);
});

/** The members of an object or list that came as JSON. */
function inside(value: unknown): Readonly<Record<string, unknown>> {
  assert.ok(typeof value === "object" && value !== null);
  return { ...value };
}

test("a page that was built is served with a validator and compressed, at the places of the page too", async (t) => {
  const { console } = await startConsole(t);
  const page = await console.ask("/");
  if (page.status === 503) return assert.match(String(page.json["message"]), /The page of the console is not built; run npm run build/);
  assert.match(page.headers["content-type"] ?? "", /^text\/html/);
  assert.match(String(page.headers["content-security-policy"]), /^default-src 'none'; script-src 'self'; style-src 'self'/);
  assert.doesNotMatch(page.text, /<style|<script(?![^>]* src=)| style=| on\w+=/i);
  const etag = page.headers["etag"] ?? "";
  assert.equal((await console.ask("/", { headers: { "if-none-match": etag } })).status, 304);
  assert.equal((await console.ask("/watchers/my.app", { headers: { "accept-encoding": "br" } })).headers["content-encoding"], "br");
  assert.equal((await console.ask("/watchers/web")).text, page.text);
  assert.equal((await console.ask("/nothing.js")).status, 404);
});

test("a console that circusd started ends with it, and leaves its port to the next", async (t) => {
  const { daemon } = await startConsole(t);
  const pid = await daemon.onlyProcess("circushttpd");
  kill(daemon.pid, "SIGKILL");
  await eventually(
    () => isAlive(pid),
    (alive) => !alive,
  );
});
