import assert from "node:assert/strict";
import dgram from "node:dgram";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import test, { type TestContext } from "node:test";
import type { BoundSocket } from "../../../src/core/ports.js";
import { loadSocketCalls } from "../../../src/os/native-sockets.js";
import { createSockets } from "../../../src/os/sockets.js";
import { repositoryPath } from "../../helpers/root.js";
import { bindFor, firstOf, openDescriptors, portOf, serveWith, ask, get, socketSpec, withoutPython } from "../../helpers/sockets.js";
import { tempDir } from "../../helpers/temp.js";

const sockets = createSockets();
const noPython = withoutPython();

function activity(...fds: number[]): Promise<number> {
  return new Promise((resolve) => {
    sockets.onActivity(fds, resolve);
  });
}

async function knock(t: TestContext, bound: BoundSocket): Promise<void> {
  const client = net.connect(portOf(bound), "127.0.0.1");
  t.after(() => void client.destroy());
  await once(client, "connect");
}

async function askByDatagram(t: TestContext, bound: BoundSocket): Promise<string> {
  const client = dgram.createSocket("udp4");
  t.after(() => void client.close());
  client.send("ping", portOf(bound), "127.0.0.1");
  return String(await firstOf(client, "message"));
}

test("activity is told when a TCP client connects, before anybody accepts", async (t) => {
  const bound = await bindFor(t, sockets, socketSpec());
  const told = activity(bound.fd);
  const client = net.connect(portOf(bound), "127.0.0.1");
  t.after(() => void client.destroy());
  await once(client, "connect");
  assert.equal(await told, bound.fd);
  assert.equal(await activity(bound.fd), bound.fd, "asked again, it is told again: nothing was accepted");
});

test("activity of a unix socket, a unix datagram and a UDP socket leaves the data to the worker", { skip: noPython }, async (t) => {
  const dir = await tempDir(t);
  const stream = await bindFor(t, sockets, socketSpec({ family: "AF_UNIX", path: dir.join("stream") }));
  const datagrams = await bindFor(t, sockets, socketSpec({ family: "AF_UNIX", type: "SOCK_DGRAM", path: dir.join("dgram") }));
  const udp = await bindFor(t, sockets, socketSpec({ type: "SOCK_DGRAM" }));

  const streamTold = activity(stream.fd);
  const asked = ask({ path: dir.join("stream") });
  assert.equal(await streamTold, stream.fd);
  await serveWith(t, stream.fd, ["python3", "answers-on-fd.py", "pong"]);
  assert.equal(await asked, "pong ping");

  const datagramTold = activity(datagrams.fd);
  spawnSync("python3", [repositoryPath("test", "fixtures", "sends-once.py"), "SOCK_DGRAM", dir.join("dgram")]);
  assert.equal(await datagramTold, datagrams.fd);

  const udpTold = activity(udp.fd);
  const client = dgram.createSocket("udp4");
  t.after(() => void client.close());
  client.send("ping", portOf(udp), "127.0.0.1");
  assert.equal(await udpTold, udp.fd);
  await serveWith(t, udp.fd, ["python3", "answers-on-fd.py", "pong"]);
  const message = await firstOf(client, "message");
  assert.equal(String(message), "pong ping");
});

test("activity of one of several descriptors is told once, with its number, to all who watch it", async (t) => {
  const quiet = await bindFor(t, sockets, socketSpec());
  const busy = await bindFor(t, sockets, socketSpec());
  const calls: number[] = [];
  sockets.onActivity([quiet.fd, busy.fd], (fd) => calls.push(fd));
  const others = [activity(busy.fd), activity(busy.fd, quiet.fd)];
  for (let clients = 0; clients < 3; clients++) {
    const client = net.connect(portOf(busy), "127.0.0.1");
    t.after(() => void client.destroy());
    await once(client, "connect");
  }
  assert.deepEqual(await Promise.all(others), [busy.fd, busy.fd]);
  const client = net.connect(portOf(quiet), "127.0.0.1");
  t.after(() => void client.destroy());
  assert.equal(await activity(quiet.fd), quiet.fd);
  assert.deepEqual(calls, [busy.fd]);
});

test("a cancelled watch is not told, others of the same descriptor are", async (t) => {
  const bound = await bindFor(t, sockets, socketSpec());
  const calls: number[] = [];
  const cancel = sockets.onActivity([bound.fd], (fd) => calls.push(fd));
  const told = activity(bound.fd);
  cancel();
  cancel();
  const client = net.connect(portOf(bound), "127.0.0.1");
  t.after(() => void client.destroy());
  await told;
  assert.deepEqual(calls, []);
});

test("promises go on at once inside of ready", async (t) => {
  const bound = await bindFor(t, sockets, socketSpec());
  const client = net.connect(portOf(bound), "127.0.0.1");
  t.after(() => void client.destroy());
  await once(client, "connect");
  const order = await new Promise<readonly string[]>((resolve) => {
    const seen: string[] = [];
    sockets.onActivity([bound.fd], () => {
      process.nextTick(() => seen.push("tick"));
      void Promise.resolve().then(() => {
        seen.push("promise");
        resolve(seen);
      });
    });
  });
  assert.deepEqual(order, ["tick", "promise"]);
});

test("descriptors that are closed, or no sockets, are never ready and harm nothing", async (t) => {
  const bound = await bindFor(t, sockets, socketSpec());
  const told = activity(987654, 0, bound.fd);
  const client = net.connect(portOf(bound), "127.0.0.1");
  t.after(() => void client.destroy());
  assert.equal(await told, bound.fd);
});

test("a watched socket that is closed is out of the watch and leaves no descriptor open", async (t) => {
  const other = await bindFor(t, sockets, socketSpec());
  const before = openDescriptors();
  const bound = await bindFor(t, sockets, socketSpec());
  const told = activity(bound.fd, other.fd);
  bound.close();
  assert.equal(openDescriptors(), before + 1, "the duplicate of the other one is still polled");
  const client = net.connect(portOf(other), "127.0.0.1");
  assert.equal(await told, other.fd);
  client.destroy();
  await once(client, "close");
  assert.equal(openDescriptors(), before);
});

test("watching leaves a blocking socket blocking", async (t) => {
  const bound = await bindFor(t, sockets, socketSpec({ blocking: true }));
  const cancel = sockets.onActivity([bound.fd], () => undefined);
  assert.deepEqual(loadSocketCalls().isBlocking(bound.fd), { ok: true, value: true });
  cancel();
});

test("a so_reuseport socket tells of activity before its first lease", async (t) => {
  const bound = await bindFor(t, sockets, socketSpec({ soReuseport: true }));
  const told = activity(bound.fd);
  const client = net.connect(portOf(bound), "127.0.0.1");
  t.after(() => void client.destroy());
  assert.equal(await told, bound.fd);
});

for (const type of ["SOCK_STREAM", "SOCK_DGRAM"] as const) {
  test(
    `a so_reuseport socket of type ${type} wakes for a client after leases too, and the next lease serves it`,
    { skip: noPython },
    async (t) => {
      const bound = await bindFor(t, sockets, socketSpec({ soReuseport: true, type }));
      const first = bound.lease();
      assert.ok(first.ok);
      first.value.release();
      const quiet: number[] = [];
      // Watched again and again, as by a watcher whose workers end without a client.
      for (let rounds = 0; rounds < 3; rounds++) sockets.onActivity([bound.fd], (fd) => quiet.push(fd))();
      const other = await bindFor(t, sockets, socketSpec());
      sockets.onActivity([bound.fd], (fd) => quiet.push(fd));
      await knock(t, other);
      await activity(other.fd);
      assert.deepEqual(quiet, [], "nobody knocked");

      const told = activity(bound.fd);
      const answer = type === "SOCK_STREAM" ? ask({ host: "127.0.0.1", port: portOf(bound) }) : askByDatagram(t, bound);
      assert.equal(await told, bound.fd);
      assert.deepEqual(quiet, [bound.fd]);
      const lease = bound.lease();
      assert.ok(lease.ok);
      assert.notEqual(lease.value.fd, bound.fd);
      await serveWith(t, lease.value.fd, ["python3", "answers-on-fd.py", "pong"]);
      lease.value.release();
      assert.equal(await answer, "pong ping");
    },
  );
}

test("a so_reuseport socket that is watched no more takes no client from those who were leased theirs", async (t) => {
  const bound = await bindFor(t, sockets, socketSpec({ soReuseport: true }));
  const lease = bound.lease();
  assert.ok(lease.ok);
  await serveWith(t, lease.value.fd, [process.execPath, "serves-http-on-fd.js", "served"]);
  lease.value.release();
  const cancels = [0, 1].map(() => sockets.onActivity([bound.fd], () => assert.fail("it took a client")));
  for (const cancel of cancels) cancel();
  for (let tries = 0; tries < 20; tries++) assert.equal(await get({ host: "127.0.0.1", port: portOf(bound) }), "served");
});

test("a process that watches a socket ends when its work is done, and at once by process.exit", () => {
  const module = new URL("../../../src/os/sockets.js", import.meta.url).href;
  const fixture = repositoryPath("test", "fixtures", "watches-a-socket-and-ends.js");
  for (const [how, code] of [
    ["end", 0],
    ["exit", 3],
  ] as const) {
    const ended = spawnSync(process.execPath, [fixture, module, how], { encoding: "utf8", timeout: 20_000 });
    assert.equal(ended.stderr, "");
    assert.equal(ended.stdout, "armed\n");
    assert.equal(ended.status, code);
  }
});
