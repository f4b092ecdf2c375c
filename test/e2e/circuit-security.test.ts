/** Who may reach a server of a circuit, what everybody else is told, and what it withstands. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { Dealer } from "zeromq";
import { CircuitPrograms, type Served } from "../helpers/circuit-programs.js";
import { Daemon } from "../helpers/daemon.js";
import { descriptorsOf, eventually, memoryOf } from "../helpers/facts.js";

const MEGABYTE = 1024 * 1024;

/** Makes a key with the program, and writes it where only its owner reads it. */
async function keyFile(programs: CircuitPrograms, name: string): Promise<string> {
  const { code, stdout } = await programs.run(["keygen"]);
  assert.equal(code, 0);
  return programs.dir.write(name, stdout, 0o600);
}

test("without a key file a server listens on loopback alone, and says why", async (t) => {
  const programs = await CircuitPrograms.of(t);
  const server = await programs.serve("open", "-a", "0.0.0.0:0");
  assert.match(server.address, /^circuit:\/\/127\.0\.0\.1:/);
  const log = await server.running.says(/without a key file/);
  assert.match(log, /Listening at 127\.0\.0\.1 alone .*circuit keygen/);
});

test("keygen makes another key each time, and no file that is none is taken for one", async (t) => {
  const programs = await CircuitPrograms.of(t);
  const [one, other] = await Promise.all([programs.run(["keygen"]), programs.run(["keygen"])]);
  assert.notEqual(one.stdout, other.stdout);
  await programs.dir.write("garbled", one.stdout.slice(0, 20), 0o600);
  for (const words of [
    ["ls", "/"],
    ["start", "-a", "127.0.0.1:0"],
  ]) {
    const { code, stderr } = await programs.run([...words, "--hmac", "garbled"]);
    assert.equal(code, 1);
    assert.match(stderr, /Cannot use the key file "garbled": line 1 is no key: make one with "circuit keygen"\n$/);
  }
});

test("who has another key or none is told so, and the server tells of it once a second", async (t) => {
  const programs = await CircuitPrograms.of(t);
  const [key, other] = await Promise.all([keyFile(programs, "key"), keyFile(programs, "other")]);
  const [closed, open] = await Promise.all([programs.serve("closed", "--hmac", key), programs.serve("open")]);
  const began = performance.now();
  const [right, wrong, again, none, needless] = await Promise.all([
    programs.asking(closed, "--hmac", key)("ls /"),
    programs.asking(closed, "--hmac", other)("ls /"),
    programs.asking(closed, "--hmac", other)("ls /"),
    programs.asking(closed)("ls /"),
    programs.asking(open, "--hmac", key)("ls /"),
  ]);
  assert.deepEqual(
    [right, wrong, again, none, needless].map((ran) => ran?.code),
    [0, 1, 1, 1, 1],
  );
  for (const ran of [wrong, again])
    assert.match(ran?.stderr ?? "", /^circuit: Cannot reach "tcp:.*": the server there has another key; .*\n$/);
  assert.match(none?.stderr ?? "", /^circuit: Cannot reach "tcp:.*": .* wants a key.*; give the circuit's key file.*\n$/);
  assert.match(needless?.stderr ?? "", /^circuit: Cannot reach "tcp:.*": .* has no key.*\n$/);
  await closed.running.says(/Refused a connection from 127\.0\.0\.1 to ".*": it has another key/);
  await closed.running.says(/Refused a connection to ".*": it showed no key/);
  await open.running.says(/Refused a connection to ".*": .*it has a key and this server has none/);
  const most = 2 + 2 * ((performance.now() - began) / 1000);
  for (const { running } of [closed, open]) {
    const lines = running.stderr.split("\n").filter((line) => line.includes("Refused"));
    assert(lines.length <= most, lines.join("\n"));
  }
});

test("keys are changed in three steps, by HUP and by reloadconfig, while everything goes on", async (t) => {
  const programs = await CircuitPrograms.of(t);
  const [old, fresh] = await Promise.all([programs.run(["keygen"]), programs.run(["keygen"])]);
  const files = await Promise.all(["one.key", "two.key"].map((name) => programs.dir.write(name, old.stdout, 0o600)));
  await Promise.all([programs.dir.write("old", old.stdout, 0o600), programs.dir.write("fresh", fresh.stdout, 0o600)]);
  const one = await programs.serve("one", "--hmac", files[0] ?? "");
  const two = await Daemon.start(t, {
    ini: `[cluster]\nlisten = 127.0.0.1:0\nname = two\nkey_file = ${files[1]}\nstate_dir = ${programs.dir.path}\njoin = ${one.address}`,
  });
  await one.running.says(/Server "two" .* is in the circuit/);
  const ask = programs.asking(one, "--hmac", "old");
  await ask("mkproc /two/p", JSON.stringify({ Path: "sh", Args: ["-c", "while :; do echo tick; sleep 0.05; done"] }));
  const stream = programs.begin([...programs.words(one, "stdout /two/p"), "--hmac", "old"]);
  for (const text of [old.stdout + fresh.stdout, fresh.stdout + old.stdout, fresh.stdout]) {
    await Promise.all(["one.key", "two.key"].map((name) => programs.dir.write(name, text, 0o600)));
    const keys = text.trim().split("\n").length;
    one.running.signal("SIGHUP");
    const reply = await two.ctl("reloadconfig");
    assert.equal(reply.code, 0, reply.stderr);
    const before = stream.stdout.length;
    await eventually(
      () => stream.stdout.length,
      (length) => length > before,
    );
    // A server that has read its file refuses whoever has the old key alone, in the last step and not before.
    await eventually(
      () => programs.asking(one, "--hmac", "old")("ls /"),
      ({ code }) => code === (keys === 2 ? 0 : 1),
    );
  }
  const seen = await programs.asking(one, "--hmac", "fresh")("members");
  assert.equal(seen.stdout.match(/\b(one|two)\b/g)?.length, 2, seen.stdout);
  assert(!stream.isOver);
  assert.doesNotMatch(one.running.stderr, /is lost/);
  stream.signal("SIGINT");
  assert.equal((await stream.ended()).code, 130);
});

async function raw(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  // That the other side hangs up is what many of them are for.
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

test("garbage, huge lengths, half-open connections and a flood of them leave a server and its name server as they were", async (t) => {
  const programs = await CircuitPrograms.of(t);
  const server = await programs.serve("here", "--hmac", await keyFile(programs, "key"));
  const ask = programs.asking(server, "--hmac", "key");
  const dns = await ask("mkdns /here/dns 127.0.0.1:0");
  const ports = [server.port, Number(/:(\d+)\s*$/.exec(dns.stdout)?.[1] ?? (await addressOfDns(ask)))];
  const { pid } = server.running;
  const before = { memory: memoryOf(pid), descriptors: descriptorsOf(pid) };
  const sockets: Socket[] = [];
  for (const port of ports) {
    const idle = await Promise.all(Array.from({ length: 200 }, () => raw(t, port)));
    sockets.push(...idle);
    for (const bytes of [randomBytes(1), randomBytes(5000), Buffer.alloc(4096, 0xff), Buffer.from("ffffffffffffff7f", "hex")]) {
      for (const socket of idle.splice(0, 40)) socket.write(bytes);
    }
    for (let round = 0; round < 4; round += 1) {
      for (const socket of await Promise.all(Array.from({ length: 100 }, () => raw(t, port)))) socket.destroy();
    }
  }
  assert.equal((await ask("ls /...")).code, 0);
  assert(memoryOf(pid) < before.memory + 40 * MEGABYTE, `${memoryOf(pid)} after ${before.memory}`);
  for (const socket of sockets) socket.destroy();
  await eventually(
    () => descriptorsOf(pid),
    (count) => count < before.descriptors + 10,
  );
  assert(server.running.stderr.split("\n").filter((line) => line.includes("Refused")).length < 15);
});

async function addressOfDns(ask: (line: string) => Promise<{ readonly stdout: string }>): Promise<string> {
  return /"Address": ".*:(\d+)"/.exec((await ask("peek /here/dns")).stdout)?.[1] ?? "";
}

/** The heads of packets as one frame, with nothing behind them. */
function packed(heads: readonly unknown[]): Buffer {
  return Buffer.concat(
    heads.flatMap((head) => {
      const text = Buffer.from(typeof head === "string" ? head : JSON.stringify(head));
      const lengths = Buffer.alloc(8);
      lengths.writeUInt32BE(text.length);
      return [lengths, text];
    }),
  );
}

const call = (number: number, method: string, params: unknown): Record<string, unknown> => ({
  ...{ kind: "open", call: number, method, params, deadline: null, to: null, ended: true },
});

const HELLO = call(1, "hello", { version: 1, role: "client", member: null, expects: null });

/** Somebody who has been let in, and does as it likes. It never reads. */
class Guest {
  readonly #socket: Dealer;

  private constructor(t: TestContext, { port }: Served) {
    this.#socket = new Dealer({ linger: 0, receiveHighWaterMark: 1, sendHighWaterMark: 4, routingId: randomBytes(8).toString("hex") });
    this.#socket.connect(`tcp://127.0.0.1:${port}`);
    t.after(() => this.leave());
  }

  static async of(t: TestContext, server: Served): Promise<Guest> {
    const guest = new Guest(t, server);
    await guest.#socket.send("CIRCUIT/1 guest");
    await guest.#socket.send(packed([HELLO]));
    return guest;
  }

  /** Waits no longer than a moment where the server does not take it. */
  async say(frame: Buffer): Promise<void> {
    this.#socket.sendTimeout = 200;
    await this.#socket.send(frame).catch(() => undefined);
  }

  /** Without a word, as when its program is killed. */
  leave(): void {
    if (!this.#socket.closed) this.#socket.close();
  }
}

const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;

/** What nobody says who means well. Each ends its connection, or is answered. */
const ODD: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.alloc(8, 0xff),
  Buffer.from("ffffffffffffff7f", "hex"),
  Buffer.concat([Buffer.from([0, 0xa0, 0, 0, 0, 0, 0, 0]), Buffer.alloc(MEGABYTE, 0x20)]),
  packed([`"${"x".repeat(MEGABYTE + 1)}"`]),
  packed([deep(100_000)]),
  packed([`{"kind":"open","call":2,"method":"list","params":{"path":${deep(5000)},"depth":null},"deadline":null,"to":null,"ended":true}`]),
  packed(["{}", "null", "5"]),
  packed([{ kind: "__proto__", call: 2 }]),
  packed(['{"__proto__":{"kind":"open"},"call":2}']),
  packed([call(2, "__proto__", {}), call(3, "constructor", {}), call(4, "hello", {})]),
  packed([call(2, "make.channel", { path: ["__proto__", "constructor"], capacity: 1e300 })]),
  packed([call(2, "make.channel", { path: ["..", "", "\u0000"], capacity: -1 })]),
  packed([call(2, "ping", {}), call(2, "ping", {}), call(1, "ping", {})]),
  packed([call(0, "ping", {})]),
  packed([{ kind: "credit", call: 0, mine: true, bytes: Number.MAX_SAFE_INTEGER }]),
  packed([
    { kind: "data", call: 77, mine: false },
    { kind: "result", call: 9, value: 1 },
  ]),
];

test("whoever was let in may say what it likes: names of prototypes, deep nesting, heads of any length", async (t) => {
  const programs = await CircuitPrograms.of(t);
  const server = await programs.serve("here");
  const ask = programs.asking(server);
  for (const frame of ODD) {
    const guest = await Guest.of(t, server);
    await guest.say(frame);
    guest.leave();
  }
  const names = ["/here/__proto__", "/here/constructor/prototype", "/here/toString"];
  for (const name of names) assert.equal((await ask(`mkchan ${name} 1`)).code, 0);
  assert.equal((await ask("send /here/__proto__", "x")).code, 0);
  assert.equal((await ask("recv /here/__proto__")).stdout, "x");
  assert.doesNotMatch(server.running.stderr, /internal|Error/i);
});

test("a flood of calls whose answers nobody reads costs little, and the calls of others are answered meanwhile", async (t) => {
  const programs = await CircuitPrograms.of(t);
  const server = await programs.serve("here");
  const ask = programs.asking(server);
  const { pid } = server.running;
  const before = { memory: memoryOf(pid), descriptors: descriptorsOf(pid) };
  const guest = await Guest.of(t, server);
  let number = 1;
  const many = (method: string, params: unknown): Buffer => packed(Array.from({ length: 1000 }, () => call((number += 1), method, params)));
  // As many as are let stand, and ten times as many that are not.
  for (let round = 0; round < 100; round += 1) await guest.say(many("members.watch", {}));
  const asked = ask("ls /");
  for (let round = 0; round < 50; round += 1) await guest.say(many("peek", { path: [] }));
  assert.equal((await asked).code, 0);
  assert(memoryOf(pid) < before.memory + 150 * MEGABYTE, `${memoryOf(pid)} after ${before.memory}`);
  guest.leave();
  await eventually(
    () => descriptorsOf(pid),
    (count) => count <= before.descriptors,
  );
  assert.equal((await ask("ls /")).code, 0);
  assert.doesNotMatch(server.running.stderr, /internal/i);
});
