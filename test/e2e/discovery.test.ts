/** Daemons that are found over UDP multicast, on this host. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import test from "node:test";
import { Daemon } from "../helpers/daemon.js";
import { eventually } from "../helpers/facts.js";

/** A group of this test alone: the port is one that was free a moment ago. */
async function freeGroup(): Promise<string> {
  const socket = createSocket("udp4").bind(0);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return `udp://239.255.77.${1 + (process.pid % 250)}:${port}`;
}

async function discover(daemon: Daemon, group: string): Promise<{ readonly code: number | null; readonly endpoints: readonly string[] }> {
  const { code, stdout } = await daemon.ctl("--discover", "--multicast", group, "--timeout", "0.4");
  return { code, endpoints: stdout.split("\n").flatMap((line) => (line === "" ? [] : [line.split(" ")[0] ?? ""])) };
}

test("circusctl --discover finds the daemons of a group, one beside the other, and none that has left it", async (t) => {
  const group = await freeGroup();
  const one = await Daemon.start(t, { circus: `multicast_endpoint = ${group}` });
  const other = await Daemon.start(t, { circus: `multicast_endpoint = ${group}` });
  const silent = await Daemon.start(t);
  assert.equal(silent.output.includes("discovered"), false);
  const { endpoints } = await eventually(
    () => discover(one, group),
    (found) => found.endpoints.length === 2,
  );
  assert.deepEqual(endpoints, [one.endpoint, other.endpoint].toSorted());
  other.process.kill("SIGTERM");
  assert.equal(await other.exit(), 0);
  await eventually(
    () => discover(one, group),
    (found) => found.endpoints.length === 1,
  );
});

test("a datagram of any content gets Circus's answer, and a flood of them no more than a few", async (t) => {
  const group = await freeGroup();
  const daemon = await Daemon.start(t, { circus: `multicast_endpoint = ${group}`, ini: "[watcher:web]\ncmd = sleep 3600" });
  const { hostname, port } = new URL(group.replace("udp:", "http:"));
  const socket = createSocket("udp4").bind(0);
  t.after(() => void socket.close());
  await once(socket, "listening");
  socket.setMulticastInterface("127.0.0.1");
  const answers: string[] = [];
  socket.on("message", (message) => answers.push(message.toString()));
  socket.send("\0garbage", Number(port), hostname);
  await eventually(
    () => answers[0] ?? "",
    (answer) => answer === `{"endpoint": "${daemon.endpoint}"}`,
  );
  for (let index = 0; index < 500; index += 1) socket.send(Buffer.alloc(2000), Number(port), hostname);
  for (let index = 0; index < 500; index += 1) socket.send("x", Number(port), hostname);
  // It still does its work.
  await daemon.onlyProcess("web");
  assert.ok(answers.length < 250, `${answers.length} answers`);
  assert.equal(
    answers.every((answer) => answer === answers[0]),
    true,
  );
});

test("a group that has changed in the file is joined in place of the one before", async (t) => {
  const [first, second] = [await freeGroup(), await freeGroup()];
  const daemon = await Daemon.start(t, { circus: `multicast_endpoint = ${first}` });
  const file = daemon.dir.join("circus.ini");
  await writeFile(file, (await readFile(file, "utf8")).replace(first, second));
  await daemon.client.call("reloadconfig", { waiting: true });
  await daemon.logged(new RegExp(`Can be discovered at ${second.replaceAll(".", "\\.")}`));
  assert.deepEqual((await discover(daemon, first)).code, 1);
  await eventually(
    () => discover(daemon, second),
    (found) => found.endpoints.length === 1,
  );
});
