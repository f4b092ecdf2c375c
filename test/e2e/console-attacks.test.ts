/** What strangers send to the console, and what becomes of it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import test from "node:test";
import { HttpdProcess, startConsole, type Console } from "../helpers/console.js";
import { Daemon } from "../helpers/daemon.js";
import { eventually, memoryOf } from "../helpers/facts.js";
import { firstOf } from "../helpers/sockets.js";
import { tempDir } from "../helpers/temp.js";

const MEGABYTE = 1024 * 1024;

interface Cleanup {
  after(run: () => Promise<void>): void;
}

/** A console by hand, with a daemon of one watcher. */
async function byHand(
  t: Cleanup,
  ini = "[watcher:web]\ncmd = sleep 1000\n",
): Promise<{ readonly console: Console; readonly httpd: HttpdProcess; readonly daemon: Daemon }> {
  const daemon = await Daemon.start(t, { ini });
  const httpd = new HttpdProcess(t, ["--endpoint", daemon.endpoint, "--port", "0"]);
  return { console: await httpd.listening(), httpd, daemon };
}

function connect(t: Cleanup, console: Console): net.Socket {
  const { port } = new URL(console.url);
  const socket = net.connect(Number(port), "localhost");
  socket.on("error", () => undefined);
  t.after(async () => void socket.destroy());
  return socket;
}

/** Sends bytes as they are. @returns what comes back until the other side closes */
async function raw(t: Cleanup, console: Console, text: string): Promise<string> {
  const socket = connect(t, console);
  socket.setEncoding("latin1");
  let answer = "";
  socket.on("data", (chunk: string) => (answer += chunk));
  socket.write(text, "latin1");
  await once(socket, "close");
  return answer;
}

function request(line: string, headers: readonly string[] = []): string {
  return [line, "Host: localhost", "Connection: close", ...headers, "", ""].join("\r\n");
}

test("a stranger's page gets nothing: other hosts, other origins, forms", async (t) => {
  const { console, daemon } = await startConsole(t, { ini: "[watcher:web]\ncmd = sleep 1000\n" });
  const rebound = await console.ask("/", { headers: { host: "evil.example" } });
  assert.equal(rebound.status, 421);
  assert.match(String(rebound.json["message"]), /add evil\.example to httpd_hosts in \[circus\], or give --allow-host evil\.example/);
  assert.equal((await console.ask("/api/v1/session", { headers: { host: "evil.example:8080" } })).status, 421);
  for (const origin of ["http://evil.example", "http://localhost:1", "null", "https://localhost"]) {
    assert.equal((await console.command("stop", {}, { headers: { origin } })).status, 403, origin);
    await assert.rejects(console.feed(t, { origin }), /403/, origin);
  }
  await assert.rejects(console.feed(t, { host: "evil.example" }), /421/);
  assert.equal((await console.command("stop", {}, { headers: { "sec-fetch-site": "cross-site" } })).status, 403);
  const form = await console.command("stop", {}, { headers: { "content-type": "text/plain" } });
  assert.deepEqual([form.status, form.json["error"]], [415, "Unsupported Media Type"]);
  assert.equal((await console.command("status", {}, { headers: { origin: console.url } })).status, 200);
  assert.equal(await daemon.status("web"), "active");
  for (const [name, value] of Object.entries({
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
  }))
    assert.equal(rebound.headers[name], value);
});

test("no path leads out of the page's files, and no request that is none brings the server down", async (t) => {
  const { console, httpd } = await byHand(t);
  const paths = [
    "/../../../../etc/passwd",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "//etc/passwd",
    "/./..//package.json",
    "/watchers/../../etc/passwd",
  ];
  const more = [
    "/\\..\\..\\etc\\passwd",
    "/index.html%00.js",
    "/%c0%ae%c0%ae/etc/passwd",
    "/..;/etc/passwd",
    "/%zz",
    `/${"a/".repeat(4000)}`,
    "http://evil.example/",
    "*",
  ];
  for (const path of [...paths, ...more]) {
    const answer = await raw(t, console, request(`GET ${path} HTTP/1.1`));
    assert.match(answer, /^HTTP\/1\.1 (200|400|404|414|431|503) /, path);
    assert.doesNotMatch(answer, /root:|"devDependencies"/, path);
  }
  for (const nonsense of [
    "\x16\x03\x01\x02\x00",
    "GET\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
    `GET / HTTP/1.1\r\nX: ${"x".repeat(40_000)}\r\n\r\n`,
  ])
    assert.match(await raw(t, console, nonsense), /^HTTP\/1\.1 4\d\d /);
  const twice = request("POST /api/v1/daemons/local/commands/status HTTP/1.1", ["Content-Length: 2", "Transfer-Encoding: chunked"]);
  assert.match(await raw(t, console, `${twice}0\r\n\r\n`), /^HTTP\/1\.1 400 /, "no smuggling");
  assert.match(
    await raw(t, console, request("GET / HTTP/1.1").replace("Host: localhost", "Host: localhost\r\nHost: evil.example")),
    /^HTTP\/1\.1 (200|503) /,
  );
  const proto = await console.command("set", { name: "web", ["__proto__"]: { x: 1 } });
  assert.equal(proto.status, 400);
  const poisoned = await raw(
    t,
    console,
    request("POST /api/v1/daemons/local/commands/status HTTP/1.1", ["Content-Type: application/json", "Content-Length: 22"]) +
      '{"__proto__":{"x":"y"}}'.slice(0, 22),
  );
  assert.match(poisoned, /^HTTP\/1\.1 400 /);
  const depth = 40_000;
  const deep = `{"name":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}`;
  const nested = await raw(
    t,
    console,
    request("POST /api/v1/daemons/local/commands/status HTTP/1.1", ["Content-Type: application/json", `Content-Length: ${deep.length}`]) +
      deep,
  );
  assert.match(nested, /^HTTP\/1\.1 400 /);
  assert.equal((await console.command("status")).status, 200);
  assert.doesNotMatch(httpd.stderr, /internal/);
});

test("a body of 100 MB is refused before it is read, said to be as long or not", async (t) => {
  const { console, httpd } = await byHand(t);
  const before = memoryOf(httpd.pid);
  const line = "POST /api/v1/daemons/local/commands/status HTTP/1.1";
  const chunk = `10000\r\n${" ".repeat(0x10000)}\r\n`;
  for (const length of [`Content-Length: ${100 * MEGABYTE}`, "Transfer-Encoding: chunked"]) {
    const socket = connect(t, console);
    let answer = "";
    let over = false;
    socket.on("data", (data: Buffer) => (answer += data.toString("latin1")));
    socket.once("close", () => (over = true));
    socket.write(request(line, ["Content-Type: application/json", length]));
    // A body that is said to be too long need not even begin.
    const writes = length.startsWith("T");
    for (let sent = 0; writes && sent < 1600 && answer === "" && !over; sent += 1) {
      await new Promise<void>((resolve) => socket.write(chunk, () => setImmediate(resolve)));
    }
    await eventually(
      () => answer !== "" || over,
      (told) => told,
    );
    // To who still writes, the end of the connection may overtake the answer.
    assert.match(answer, writes ? /^(HTTP\/1\.1 413 |$)/ : /^HTTP\/1\.1 413 /);
  }
  assert.ok(memoryOf(httpd.pid) - before < 50 * MEGABYTE, "the server has not kept it");
  assert.equal((await console.command("status")).status, 200);
});

test("of 1,000 idle feeds the server keeps as many as it has room for and refuses the rest, while slow headers are cut off", async (t) => {
  const { console, httpd } = await byHand(t);
  const loris = connect(t, console);
  loris.write("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
  const cut = once(loris.resume(), "close");
  const upgrade = request("GET /api/v1/feed HTTP/1.1").replace(
    "Connection: close",
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  );
  const sockets = Array.from({ length: 1_000 }, () => connect(t, console));
  const answers = await Promise.all(
    sockets.map(async (socket) => {
      socket.write(upgrade);
      return String(await firstOf(socket, "data"));
    }),
  );
  const kept = answers.filter((answer) => answer.startsWith("HTTP/1.1 101 "));
  const refused = answers.filter((answer) => answer.startsWith("HTTP/1.1 503 "));
  assert.deepEqual([kept.length, refused.length], [256, 744]);
  assert.match(refused[0] ?? "", /retry-after: 30/i);
  assert.match(refused[0] ?? "", /More than 256 pages cannot listen at a time/);
  assert.equal((await console.command("status")).status, 200);
  for (const socket of sockets) socket.destroy();
  const again = await eventually(
    () => console.feed(t).catch(() => null),
    (feed) => feed !== null,
  );
  again?.send({ type: "open", daemon: "local" });
  await again?.until("state");
  await cut;
  assert.doesNotMatch(httpd.stderr, /internal/);
});

test("messages that cannot be read end the feed with a reason, and nothing else", async (t) => {
  const { console, httpd } = await byHand(t);
  const cases: readonly (readonly [message: string | Buffer, code: number, reason: RegExp])[] = [
    ["{", 1008, /^Cannot read the message: not JSON$/],
    ['{"type":"shutdown"}', 1008, /^Cannot read the message: unknown type$/],
    ['{"type":"open","daemon":"__proto__"}', 1008, /^There is no such daemon$/],
    [Buffer.from([0, 1, 2]), 1003, /^Messages are text$/],
    ["x".repeat(65 * 1024), 1009, /^/],
  ];
  for (const [message, code, reason] of cases) {
    const feed = await console.feed(t);
    feed.socket.send(message);
    const end = await feed.ended();
    assert.equal(end.code, code);
    assert.match(end.reason, reason);
  }
  const feed = await console.feed(t);
  const upgraded = connect(t, console);
  upgraded.write(
    request("GET /api/v1/feed HTTP/1.1").replace(
      "Connection: close",
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ),
  );
  await once(upgraded, "data");
  upgraded.write(Buffer.alloc(4096, 0xff));
  await once(upgraded, "close");
  feed.send({ type: "open", daemon: "local" });
  await feed.until("state");
  assert.doesNotMatch(httpd.stderr, /internal/);
});

test("a page that does not read costs no memory, hinders nobody, and is told how things stand when it reads again", async (t) => {
  const dir = await tempDir(t);
  const script = await dir.write("chatty.sh", `while :; do seq -f "line %g ${"x".repeat(60)}" 3000; sleep 0.05; done`);
  const chatty = `[watcher:chatty]\ncmd = sh ${script}\ntail_lines = 4000\n`;
  const { console, httpd, daemon } = await byHand(t, chatty);
  // What a watcher without a stream writes goes to circusd's standard output too.
  daemon.process.stdout?.resume();
  await daemon.processes("chatty", 1);
  const [slow, quick] = [await console.feed(t), await console.feed(t)];
  for (const feed of [slow, quick]) {
    feed.send({ type: "open", daemon: "local" });
    await feed.until("state");
    feed.send({ type: "follow", id: 1, name: "chatty", lines: 10 });
    await feed.until("output");
  }
  slow.socket.pause();
  let bytes = 0;
  quick.socket.on("message", (data: Buffer) => (bytes += data.length));
  await eventually(
    () => bytes,
    (sum) => sum > 3 * MEGABYTE,
  );
  const before = memoryOf(httpd.pid);
  bytes = 0;
  await eventually(
    () => bytes,
    (sum) => sum > 8 * MEGABYTE,
  );
  assert.ok(memoryOf(httpd.pid) - before < 30 * MEGABYTE, "what the slow page does not read is not kept");
  await daemon.client.call("add", { name: "late", cmd: "sleep 1000" });
  await quick.until("watcher", ({ watcher }) => watcher.name === "late");
  slow.messages.length = 0;
  slow.socket.resume();
  await Promise.any([
    slow.until("watcher", ({ watcher }) => watcher.name === "late"),
    slow.until("state", ({ watchers }) => watchers.some(({ name }) => name === "late")),
  ]);
});
