import assert from "node:assert/strict";
import dgram from "node:dgram";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import net from "node:net";
import { networkInterfaces } from "node:os";
import test from "node:test";
import { createSockets } from "../../../src/os/sockets.js";
import { loadSocketCalls } from "../../../src/os/native-sockets.js";
import { repositoryPath } from "../../helpers/root.js";
import {
  ask,
  bindFor,
  failureOf,
  firstOf,
  get,
  openDescriptors,
  portOf,
  serveWith,
  socketSpec,
  withoutPython,
} from "../../helpers/sockets.js";
import { tempDir } from "../../helpers/temp.js";

const sockets = createSockets();
const root = process.getuid?.() === 0;
const noIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.address === "::1")
  ? false
  : "there is no IPv6 loopback";
const noPython = withoutPython();

/** As the kernel has it: process.umask() can only read it by setting it. */
function ownUmask(): string | undefined {
  return /^Umask:\s*(\d+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
}

test("a TCP socket on port 0 gets a real port, and Node's http server serves on the inherited descriptor", async (t) => {
  const bound = await bindFor(t, sockets, socketSpec({ host: "localhost" }));
  const port = portOf(bound);
  assert.ok(port > 0);
  assert.deepEqual(bound.address, { host: "127.0.0.1", port });
  await serveWith(t, bound.fd, [process.execPath, "serves-http-on-fd.js", "hello"]);
  assert.equal(await get({ host: "127.0.0.1", port }), "hello");
});

test("a Python program accepts from the inherited descriptor", { skip: noPython }, async (t) => {
  const bound = await bindFor(t, sockets, socketSpec());
  await serveWith(t, bound.fd, ["python3", "answers-on-fd.py", "pong"]);
  assert.equal(await ask({ host: "127.0.0.1", port: portOf(bound) }), "pong ping");
});

test("a lease of a plain socket is the socket itself, and its release leaves it open", async (t) => {
  const bound = await bindFor(t, sockets, socketSpec());
  const lease = bound.lease();
  assert.ok(lease.ok);
  assert.equal(lease.value.fd, bound.fd);
  lease.value.release();
  await serveWith(t, bound.fd, [process.execPath, "serves-http-on-fd.js", "still here"]);
  assert.equal(await get({ host: "127.0.0.1", port: portOf(bound) }), "still here");
});

test("an IPv6 socket is bound to the loopback", { skip: noIpv6 }, async (t) => {
  const bound = await bindFor(t, sockets, socketSpec({ family: "AF_INET6", host: "::1" }));
  await serveWith(t, bound.fd, [process.execPath, "serves-http-on-fd.js", "six"]);
  assert.equal(await get({ host: "::1", port: portOf(bound) }), "six");
});

test("a unix socket's file has the mode that the umask leaves, the process keeps its own umask, and the file goes with the socket", async (t) => {
  const dir = await tempDir(t);
  const before = ownUmask();
  for (const [umask, mode] of [
    [0o10, 0o767],
    [0o077, 0o700],
    [0, 0o777],
  ] as const) {
    const path = dir.join(`mode-${mode}`);
    const bound = await bindFor(t, sockets, socketSpec({ family: "AF_UNIX", path, umask }));
    assert.equal(statSync(path).mode & 0o777, mode);
    assert.deepEqual(bound.address, { path });
    bound.close();
    assert.equal(existsSync(path), false);
  }
  assert.equal(ownUmask(), before);
});

test("a server serves on an inherited unix socket", async (t) => {
  const dir = await tempDir(t);
  const path = dir.join("web.sock");
  const bound = await bindFor(t, sockets, socketSpec({ family: "AF_UNIX", path }));
  await serveWith(t, bound.fd, [process.execPath, "serves-http-on-fd.js", "by file"]);
  assert.equal(await get({ socketPath: path }), "by file");
});

test("an existing socket file is refused without replace, and replaced with it", async (t) => {
  const dir = await tempDir(t);
  const path = dir.join("web.sock");
  const spec = socketSpec({ family: "AF_UNIX", path });
  const first = await bindFor(t, sockets, spec);
  assert.match(await failureOf(sockets, spec), /^Cannot bind socket "web" to ".*web\.sock": the file exists already.*set replace = True$/);
  const second = await bindFor(t, sockets, { ...spec, replace: true });
  first.close();
  assert.ok(existsSync(path), "the file of the second is not the first one's to remove");
  second.close();
  assert.equal(existsSync(path), false);
});

test("a file that is no socket is left alone without replace", async (t) => {
  const dir = await tempDir(t);
  const path = await dir.write("notes.txt", "precious");
  const spec = socketSpec({ family: "AF_UNIX", path });
  assert.match(await failureOf(sockets, spec), /a file that is no socket stands there/);
  assert.ok(lstatSync(path).isFile());
  await bindFor(t, sockets, { ...spec, replace: true });
  assert.ok(lstatSync(path).isSocket());
});

test("a file that took the place of ours is not removed at the end", async (t) => {
  const dir = await tempDir(t);
  const path = dir.join("web.sock");
  const bound = await bindFor(t, sockets, socketSpec({ family: "AF_UNIX", path }));
  renameSync(path, dir.join("away"));
  writeFileSync(path, "somebody else's");
  bound.close();
  assert.ok(existsSync(path));
});

test("closing twice is closing once", async (t) => {
  const bound = await bindFor(t, sockets, socketSpec());
  bound.close();
  const other = await bindFor(t, sockets, socketSpec());
  assert.equal(other.fd, bound.fd, "the number is used again");
  bound.close();
  await serveWith(t, other.fd, [process.execPath, "serves-http-on-fd.js", "alive"]);
  assert.equal(await get({ host: "127.0.0.1", port: portOf(other) }), "alive");
  assert.equal(bound.lease().ok, false);
});

test("a UDP socket receives datagrams", { skip: noPython }, async (t) => {
  const bound = await bindFor(t, sockets, socketSpec({ type: "SOCK_DGRAM" }));
  await serveWith(t, bound.fd, ["python3", "answers-on-fd.py", "pong"]);
  const client = dgram.createSocket("udp4");
  t.after(() => void client.close());
  client.send("ping", portOf(bound), "127.0.0.1");
  const message = await firstOf(client, "message");
  assert.equal(String(message), "pong ping");
});

test("a SEQPACKET socket listens and carries packets", { skip: noPython }, async (t) => {
  const dir = await tempDir(t);
  const path = dir.join("packets.sock");
  const bound = await bindFor(t, sockets, socketSpec({ family: "AF_UNIX", type: "SOCK_SEQPACKET", path }));
  await serveWith(t, bound.fd, ["python3", "answers-on-fd.py", "pong"]);
  const client = spawnSync("python3", [repositoryPath("test", "fixtures", "sends-once.py"), "SOCK_SEQPACKET", path], { encoding: "utf8" });
  assert.equal(client.stdout, "pong ping\n");
});

test("with so_reuseport every lease is a socket of its own and all of them get clients", async (t) => {
  const bound = await bindFor(t, sockets, socketSpec({ soReuseport: true }));
  const port = portOf(bound);
  const seen = new Set<number>();
  for (const answer of ["one", "two"]) {
    const lease = bound.lease();
    assert.ok(lease.ok);
    seen.add(lease.value.fd);
    await serveWith(t, lease.value.fd, [process.execPath, "serves-http-on-fd.js", answer]);
    lease.value.release();
    lease.value.release();
  }
  assert.equal(portOf(bound), port);
  const answers = new Set<string>();
  for (let tries = 0; tries < 200 && answers.size < 2; tries++) answers.add(await get({ host: "127.0.0.1", port }));
  assert.deepEqual([...answers].sort(), ["one", "two"]);
});

test("with so_reuseport no client is lost to the daemon's own socket", async (t) => {
  const bound = await bindFor(t, sockets, socketSpec({ soReuseport: true }));
  const early = get({ host: "127.0.0.1", port: portOf(bound) });
  const lease = bound.lease();
  assert.ok(lease.ok);
  await serveWith(t, lease.value.fd, [process.execPath, "serves-http-on-fd.js", "served"]);
  lease.value.release();
  assert.equal(await early, "served");
  for (let tries = 0; tries < 20; tries++) assert.equal(await get({ host: "127.0.0.1", port: portOf(bound) }), "served");
});

test("with so_reuseport both UDP leases receive, and the daemon's own socket takes nothing", { skip: noPython }, async (t) => {
  const bound = await bindFor(t, sockets, socketSpec({ soReuseport: true, type: "SOCK_DGRAM" }));
  for (const answer of ["one", "two"]) {
    const lease = bound.lease();
    assert.ok(lease.ok);
    await serveWith(t, lease.value.fd, ["python3", "answers-on-fd.py", answer]);
    lease.value.release();
  }
  const answers = new Set<string>();
  for (let tries = 0; tries < 64; tries++) {
    const client = dgram.createSocket("udp4");
    client.send("ping", portOf(bound), "127.0.0.1");
    const message = await firstOf(client, "message");
    answers.add(String(message));
    client.close();
  }
  assert.deepEqual([...answers].sort(), ["one ping", "two ping"]);
});

test("the flag of a socket says whether it is blocking", async (t) => {
  const calls = loadSocketCalls();
  for (const blocking of [true, false]) {
    const bound = await bindFor(t, sockets, socketSpec({ blocking }));
    assert.deepEqual(calls.isBlocking(bound.fd), { ok: true, value: blocking });
  }
});

test("a raw socket is bound by root with the proto's name", { skip: root ? false : "it needs root" }, async (t) => {
  const bound = await bindFor(t, sockets, socketSpec({ type: "SOCK_RAW", proto: "icmp" }));
  assert.ok(bound.fd > 2);
  assert.match(await failureOf(sockets, socketSpec({ type: "SOCK_RAW" })), /needs a proto/);
});

test("a socket is bound to a network device by root", { skip: root ? false : "it needs root" }, async (t) => {
  const bound = await bindFor(t, sockets, socketSpec({ interface: "lo" }));
  await serveWith(t, bound.fd, [process.execPath, "serves-http-on-fd.js", "by lo"]);
  assert.equal(await get({ host: "127.0.0.1", port: portOf(bound) }), "by lo");
  assert.match(await failureOf(sockets, socketSpec({ interface: "nodev0" })), /no such network device "nodev0"/);
});

test("an address in use is named with what to do", async (t) => {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => void server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  assert.match(
    await failureOf(sockets, socketSpec({ port: address.port })),
    new RegExp(`^Cannot bind socket "web" to 127\\.0\\.0\\.1:${address.port}: address in use; .*set another port$`),
  );
});

test("every failure says why and what to do, and leaves no descriptor open", async (t) => {
  const dir = await tempDir(t);
  const plain = await dir.write("file", "");
  await failureOf(sockets, socketSpec({ host: "nowhere.invalid" }));
  const before = openDescriptors();
  const long = dir.join("x".repeat(120));
  const failures: readonly (readonly [ReturnType<typeof socketSpec>, RegExp])[] = [
    [socketSpec({ host: "nowhere.invalid" }), /to nowhere\.invalid:0: unknown host "nowhere\.invalid" for AF_INET/],
    [socketSpec({ host: "" }), /no host; set one, such as 127\.0\.0\.1/],
    [socketSpec({ host: "::1" }), /"::1" is an IPv6 address; set family = AF_INET6/],
    [socketSpec({ host: "192.0.2.1" }), /no network device of this host has that address/],
    [socketSpec({ port: 70000 }), /no such port/],
    [socketSpec({ proto: "nonsense" }), /unknown proto "nonsense"/],
    [socketSpec({ proto: "udp" }), /type SOCK_STREAM and proto "udp"/],
    [socketSpec({ family: "AF_INET6", host: "fe80::1%nodev0" }), /no such network device "nodev0"/],
    [socketSpec({ family: "AF_UNIX", path: null }), /needs a path/],
    [socketSpec({ family: "AF_UNIX", path: long }), /the path has \d+ bytes and the kernel takes at most 107/],
    [socketSpec({ family: "AF_UNIX", path: dir.join("none", "web.sock") }), /no such directory; create it first/],
    [socketSpec({ family: "AF_UNIX", path: `${plain}/web.sock` }), /ENOTDIR/],
    [socketSpec({ family: "AF_UNIX", path: dir.path, replace: true }), /cannot remove what stands there/],
  ];
  for (const [spec, text] of failures) {
    const failure = await failureOf(sockets, spec);
    assert.match(failure, text);
    assert.match(failure, /^Cannot bind socket "web" to .*[^.]$/);
  }
  assert.equal(openDescriptors(), before);
});

test("sockets that were bound, leased and closed leave no descriptor open", async () => {
  const before = openDescriptors();
  for (const spec of [socketSpec(), socketSpec({ soReuseport: true }), socketSpec({ soReuseport: true, type: "SOCK_DGRAM" })]) {
    const bound = await sockets.bind(spec);
    assert.ok(bound.ok);
    for (const lease of [bound.value.lease(), bound.value.lease()]) if (lease.ok) lease.value.release();
    sockets.onActivity([bound.value.fd], () => undefined)();
    sockets.onActivity([bound.value.fd], () => undefined);
    const taken = bound.value.lease();
    if (taken.ok) taken.value.release();
    bound.value.close();
  }
  assert.equal(openDescriptors(), before);
});

test("a path of 107 bytes is bound", async (t) => {
  const dir = await tempDir(t);
  const path = dir.join("x".repeat(107 - dir.path.length - 1));
  await bindFor(t, sockets, socketSpec({ family: "AF_UNIX", path }));
  assert.ok(lstatSync(path).isSocket());
});
