/** What a stop overtakes, and restarts that cannot be: real circusd, real processes. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { userInfo } from "node:os";
import test from "node:test";
import { Daemon, isAlive } from "../helpers/daemon.js";
import { eventually, kill } from "../helpers/facts.js";

/** Says that it runs, and takes its time to end: until somebody removes the file. */
const LINGERING = `#!/bin/sh
trap 'while [ -e linger ]; do sleep 0.05; done; exit 0' TERM
: > ready.$$
while :; do sleep 0.05; done
`;
const FILES = { "lingering.sh": LINGERING, linger: "" };

function lingering(name: string, priority = 0): string {
  return `[watcher:${name}]\ncmd = ./lingering.sh\ncopy_env = True\nworking_dir = .\nstop_signal = TERM\npriority = ${priority}\n`;
}

/** The pid of a lingering process, once it has set its trap. */
async function ready(daemon: Daemon, name: string): Promise<number> {
  const pid = await daemon.onlyProcess(name);
  await eventually(() => existsSync(daemon.dir.join(`ready.${pid}`)), Boolean);
  return pid;
}

async function change(daemon: Daemon, edit: (ini: string) => string): Promise<void> {
  const file = daemon.dir.join("circus.ini");
  await writeFile(file, edit(await readFile(file, "utf8")));
}

/** Lets the lingering end and circusd with them; its exit code must tell of no trouble. */
async function endsWithout(daemon: Daemon, pids: readonly number[]): Promise<void> {
  await letGo(daemon);
  assert.equal(await daemon.exit(), 0);
  assert.deepEqual(pids.filter(isAlive), []);
}

async function letGo(daemon: Daemon): Promise<void> {
  await rm(daemon.dir.join("linger"), { force: true });
}

async function takenPort(t: { after(run: () => Promise<void>): void }): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(async () => {
    server.close();
    await once(server, "close");
  });
  return (server.address() as AddressInfo).port;
}

test("SIGHUP during a stop starts nothing again", async (t) => {
  const daemon = await Daemon.start(t, { files: FILES, ini: `${lingering("slow")}[watcher:web]\ncmd = sleep 3600\n` });
  const pids = [await ready(daemon, "slow"), await daemon.onlyProcess("web")];
  daemon.process.kill("SIGTERM");
  await daemon.event("watcher.web.stop");
  daemon.process.kill("SIGHUP");
  await daemon.logged(/Nothing is reloaded: arbiter is stopping/);
  await endsWithout(daemon, pids);
  assert.equal(daemon.count("watcher.web.spawn"), 0);
});

test("SIGTERM in the middle of a reload of all ends it", async (t) => {
  const daemon = await Daemon.start(t, { files: FILES, ini: lingering("one", 2) + lingering("two", 1) });
  const pids = [await ready(daemon, "one"), await ready(daemon, "two")];
  await daemon.client.call("reload", { graceful: true });
  await daemon.event("watcher.one.kill");
  daemon.process.kill("SIGTERM");
  await daemon.logged(/SIG_TERM/);
  await endsWithout(daemon, pids);
  assert.equal(daemon.count("watcher.two.spawn"), 0);
});

test("a stop of all in the middle of a reload of all is not undone by it", async (t) => {
  const daemon = await Daemon.start(t, { files: FILES, ini: lingering("one") + lingering("two") });
  await ready(daemon, "one");
  await ready(daemon, "two");
  const reload = daemon.client.call("reload", { waiting: true });
  await daemon.event("watcher.one.kill");
  const stop = daemon.client.call("stop", { waiting: true });
  await daemon.event("watcher.two.kill");
  await letGo(daemon);
  await Promise.all([reload, stop]);
  assert.deepEqual([await daemon.status("one"), await daemon.status("two")], ["stopped", "stopped"]);
});

test("SIGTERM while reloadconfig waits keeps it from adding watchers", async (t) => {
  const daemon = await Daemon.start(t, { files: FILES, ini: lingering("slow") });
  const pid = await ready(daemon, "slow");
  await change(daemon, (ini) => ini.replace(lingering("slow").trim(), "[watcher:fresh]\ncmd = sleep 3600"));
  await daemon.client.call("reloadconfig", {});
  await daemon.event("watcher.slow.kill");
  daemon.process.kill("SIGTERM");
  await daemon.logged(/SIG_TERM/);
  await endsWithout(daemon, [pid]);
  assert.equal(daemon.count("watcher.fresh.add"), 0);
});

test("add that waits for its hook adds nothing after SIGTERM", async (t) => {
  const hook = `import fs from "node:fs";
fs.writeFileSync("loading", "");
while (fs.existsSync("hold")) await new Promise((resolve) => setTimeout(resolve, 20));
export const agree = () => true;`;
  const daemon = await Daemon.start(t, { files: { ...FILES, "hook.mjs": hook, hold: "" }, ini: lingering("slow") });
  const pid = await ready(daemon, "slow");
  const hooks = { before_start: [`${daemon.dir.join("hook.mjs")}:agree`, false] };
  const refused = assert.rejects(
    daemon.client.call("add", { name: "late", cmd: "sleep 3600", start: true, options: { hooks } }),
    /arbiter is stopping/,
  );
  await eventually(() => existsSync(daemon.dir.join("loading")), Boolean);
  daemon.process.kill("SIGTERM");
  await daemon.event("watcher.slow.kill");
  await rm(daemon.dir.join("hold"));
  await refused;
  await endsWithout(daemon, [pid]);
});

test("reloadconfig that has to restart everything refuses commands meanwhile", async (t) => {
  const daemon = await Daemon.start(t, { files: FILES, ini: `${lingering("slow")}[watcher:web]\ncmd = sleep 3600\n` });
  const before = await daemon.onlyProcess("web");
  await ready(daemon, "slow");
  await change(daemon, (ini) => ini.replace("[circus]\n", `[circus]\nendpoint_owner = ${userInfo().username}\n`));
  const reload = daemon.client.call("reloadconfig", { waiting: true });
  await daemon.event("watcher.web.stop");
  await assert.rejects(daemon.client.call("start", { name: "web", waiting: true }), /arbiter is restarting/);
  await letGo(daemon);
  await reload;
  assert.notEqual(await daemon.onlyProcess("web"), before);
  assert.equal(daemon.count("watcher.web.spawn"), 1);
});

test("reloadconfig towards an endpoint that is taken leaves everything as it is", async (t) => {
  const port = await takenPort(t);
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600" });
  const pid = await daemon.onlyProcess("web");
  await change(daemon, (ini) => ini.replace(/^endpoint = .*$/m, `endpoint = tcp://127.0.0.1:${port}`));
  await assert.rejects(daemon.client.call("reloadconfig", { waiting: true }), /Cannot restart: Cannot bind control endpoint/);
  assert.equal(await daemon.onlyProcess("web"), pid);
});

test("restart with a socket whose port is taken leaves everything as it is", async (t) => {
  const port = await takenPort(t);
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600" });
  const pid = await daemon.onlyProcess("web");
  await change(daemon, (ini) => `${ini}[socket:front]\nhost = 127.0.0.1\nport = ${port}\n`);
  await assert.rejects(daemon.client.call("restart", { waiting: true }), /Cannot restart: Cannot bind socket "front"/);
  assert.equal(await daemon.onlyProcess("web"), pid);
});

test("endpoints may change places in a restart", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600" });
  const pid = await daemon.onlyProcess("web");
  const { endpoint, pubsub } = daemon;
  await change(daemon, (ini) =>
    ini.replace(/^endpoint = .*$/m, `endpoint = ${pubsub}`).replace(/^pubsub_endpoint = .*$/m, `pubsub_endpoint = ${endpoint}`),
  );
  await daemon.client.call("reloadconfig", {});
  await daemon.until(() => daemon.output.match(/web started/g)?.length === 2, "the second start");
  assert.equal(isAlive(pid), false);
});

test("a stop while a stream is being opened leaves no stream behind", async (t) => {
  const stream = `import fs from "node:fs";
let count = 0;
const tell = (line) => fs.appendFileSync("trace", line + "\\n");
export class Slow {
  async open() {
    this.number = ++count;
    tell("open " + this.number);
    while (fs.existsSync("hold")) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  write() {}
  close() {
    tell("close " + this.number);
  }
}`;
  const daemon = await Daemon.start(t, {
    files: { "stream.mjs": stream, hold: "", trace: "" },
    ini: "[watcher:web]\ncmd = sleep 3600\nautostart = False\nstdout_stream.class = ./stream.mjs:Slow",
  });
  const trace = () => readFile(daemon.dir.join("trace"), "utf8");
  await daemon.client.call("start", { name: "web" });
  await eventually(trace, (text) => text.includes("open 1"));
  await daemon.client.call("stop", { name: "web", waiting: true });
  await rm(daemon.dir.join("hold"));
  await eventually(trace, (text) => text.includes("close 1"));
  await daemon.client.call("start", { name: "web", waiting: true });
  assert.equal(await trace(), "open 1\nclose 1\nopen 2\n");
});

test("reap comes before the successor's spawn and before the stop, however slow before_reap is", async (t) => {
  const hook = `import fs from "node:fs";
export const ponder = async () => {
  while (fs.existsSync("hold")) await new Promise((resolve) => setTimeout(resolve, 20));
  return true;
};`;
  const daemon = await Daemon.start(t, {
    files: { "hook.mjs": hook, hold: "" },
    ini: "[watcher:web]\ncmd = sleep 3600\nhooks.before_reap = ./hook.mjs:ponder",
  });
  kill(await daemon.onlyProcess("web"), "SIGKILL");
  await daemon.event("watcher.web.spawn");
  await daemon.client.call("stop", { name: "web", waiting: true });
  await daemon.event("watcher.web.stop");
  const topics = daemon.events.map(({ topic }) => topic.replace("watcher.web.", "")).filter((topic) => !topic.startsWith("hook"));
  await rm(daemon.dir.join("hold"));
  assert.deepEqual(topics, ["reap", "spawn", "kill", "reap", "stop"]);
});
