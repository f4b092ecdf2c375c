/** Sockets that circusd is started with, as by a socket unit of systemd. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import test from "node:test";
import { Daemon, isAlive } from "../helpers/daemon.js";
import { environmentOf, eventually, fileWith, kill } from "../helpers/facts.js";
import { without } from "../helpers/partners.js";
import { repositoryPath } from "../helpers/root.js";
import { get } from "../helpers/sockets.js";
import { tempDir, type TempDir } from "../helpers/temp.js";

const TELLS = `${process.execPath} ${repositoryPath("test", "fixtures", "tells-about-its-sockets.js")}`;
const HANDS_OVER = ["python3", repositoryPath("test", "fixtures", "hands-sockets-over.py")];

type Where = Parameters<typeof get>[0];

function handing(...sockets: readonly string[]): readonly string[] {
  return ["setpriv", "--pdeathsig", "TERM", ...HANDS_OVER, ...sockets, "--"];
}

async function facts(where: Where): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries(new URLSearchParams(await get(where)));
}

async function listed(daemon: Daemon, name: string) {
  const { sockets } = await daemon.client.call("listsockets", {});
  const found = sockets.find((socket) => socket.name === name);
  assert.ok(found, `no socket ${name}`);
  return found;
}

async function place(daemon: Daemon, name: string): Promise<Where> {
  const { path, host, port } = await listed(daemon, name);
  return path === undefined ? { host: host ?? "", port: port ?? 0 } : { socketPath: path };
}

/** Runs circusd to its end. */
async function ran(
  dir: TempDir,
  ini: string,
  { sockets, args }: { readonly sockets: readonly string[]; readonly args: readonly string[] },
) {
  const endpoints = `endpoint = ipc://${dir.join("c")}\npubsub_endpoint = ipc://${dir.join("e")}`;
  await dir.write("circus.ini", `[circus]\n${endpoints}\n${ini}`);
  const command = [...HANDS_OVER.slice(1), ...sockets, "--", process.execPath, repositoryPath("bin", "circusd.js"), ...args, "circus.ini"];
  const child = spawn("python3", command, { cwd: dir.path, stdio: ["ignore", "ignore", "pipe"] });
  const [log] = await Promise.all([text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, log };
}

test("a socket that is handed over takes the place of the section of its name, and one without a section needs none", async (t) => {
  const dir = await tempDir(t);
  const daemon = await Daemon.start(t, {
    dir,
    wrapper: handing("tcp=WEB:127.0.0.1", `unix=admin:${dir.join("admin")}`, "tcp6=six:::1", "udp=six:127.0.0.1"),
    ini: `[socket:Web]\nhost = 127.0.0.1\nport = 1
[watcher:web]\ncmd = ${TELLS} $(circus.sockets.web)\nuse_sockets = True\ncopy_env = True
[watcher:admin]\ncmd = ${TELLS} $(circus.sockets.admin)\nuse_sockets = True
[watcher:plain]\ncmd = sleep 3600\ncopy_env = True`,
  });
  assert.notEqual((await listed(daemon, "web")).port, 1, "the address shown is the real one");
  assert.deepEqual([(await listed(daemon, "six")).host, (await listed(daemon, "six-2")).host], ["::1", "127.0.0.1"]);
  const web = await facts(await place(daemon, "web"));
  assert.deepEqual([web["given"], web["announced"], web["names"]], ["3", "3", "web"]);
  assert.equal((await facts(await place(daemon, "admin")))["names"], "admin");
  const plain = environmentOf(await daemon.onlyProcess("plain"));
  assert.deepEqual([plain["LISTEN_PID"], plain["LISTEN_FDS"], plain["LISTEN_FDNAMES"]], [undefined, undefined, undefined]);
  await daemon.logged(/Taking over socket "admin" at ".*admin"/);
});

test("a socket that was handed over is the same after SIGHUP, reloadconfig and a restart in place, and its file stays", async (t) => {
  const dir = await tempDir(t);
  const section = `[socket:web]\npath = ${dir.join("web")}\n`;
  const daemon = await Daemon.start(t, {
    dir,
    wrapper: handing(`unix=web:${dir.join("web")}`),
    ini: `${section}[watcher:web]\ncmd = ${TELLS} $(circus.sockets.web)\nuse_sockets = True`,
  });
  const where = { socketPath: dir.join("web") };
  const { socket: first, pid } = await facts(where);
  const old = Number(pid);
  daemon.process.kill("SIGHUP");
  await daemon.event("watcher.web.reload");
  const reloaded = await facts(where);
  assert.notEqual(Number(reloaded["pid"]), old);
  assert.equal(reloaded["socket"], first);

  const file = dir.join("circus.ini");
  await writeFile(file, (await readFile(file, "utf8")).replace(section, ""));
  await daemon.client.call("reloadconfig", { waiting: true });
  assert.equal((await facts(where))["socket"], first, "without its section");
  await daemon.client.call("restart", { waiting: true });
  const restarted = await facts(where);
  assert.equal(restarted["socket"], first);
  daemon.process.kill("SIGTERM");
  assert.equal(await daemon.exit(), 0);
  assert.equal(existsSync(dir.join("web")), true, "it belongs to whoever made it");
});

test("a socket that is handed over and is not what its section says is refused, with what to do", async (t) => {
  const { code, log } = await ran(await tempDir(t), "[socket:web]\nport = 8080\n", { sockets: ["tcp6=web:::1"], args: [] });
  assert.equal(code, 1);
  assert.match(log, /Cannot take over socket "web".*it is of family AF_INET6 and type SOCK_STREAM, and its section wants family AF_INET/);
  assert.match(log, /set family = AF_INET6/);
});

test("what is no listening socket, and what is meant for another process, is left alone", async (t) => {
  const dir = await tempDir(t);
  const daemon = await Daemon.start(t, {
    dir,
    wrapper: handing("connection=half:", `file=data:${await dir.write("data", "")}`, "tcp=web:127.0.0.1"),
    ini: "[watcher:web]\ncmd = sleep 3600",
  });
  await daemon.logged(/Cannot use descriptor 3 \("half"\), which was handed over in LISTEN_FDS: it does not listen/);
  await daemon.logged(/Cannot use descriptor 4 \("data"\).*it is no socket/);
  assert.deepEqual(
    (await daemon.client.call("listsockets", {})).sockets.map(({ name }) => name),
    ["web"],
  );

  const other = await Daemon.start(t, {
    wrapper: handing("tcp=web:127.0.0.1"),
    env: { LISTEN_PID_OF: "1" },
    ini: "[watcher:web]\ncmd = sleep 3600",
  });
  assert.deepEqual((await other.client.call("listsockets", {})).sockets, []);
});

test("circusd --daemon takes the sockets along to the background", async (t) => {
  const dir = await tempDir(t);
  const circus = `pidfile = ${dir.join("pid")}\nlogoutput = ${dir.join("log")}\n`;
  const ini = `${circus}[watcher:web]\ncmd = ${TELLS} $(circus.sockets.web)\nuse_sockets = True\n`;
  const { code, log } = await ran(dir, ini, { sockets: [`unix=web:${dir.join("web")}`], args: ["--daemon"] });
  assert.equal(code, 0, log);
  const pid = Number(await fileWith(dir.join("pid"), /^\d+\s*$/));
  try {
    const web = await facts({ socketPath: dir.join("web") });
    assert.deepEqual([web["given"], web["names"]], ["3", "web"]);
  } finally {
    kill(pid, "SIGTERM");
    await eventually(
      () => isAlive(pid),
      (alive) => !alive,
    );
  }
});

test("systemd-socket-activate starts circusd with its sockets", { skip: without("systemd-socket-activate", "--version") }, async (t) => {
  const dir = await tempDir(t);
  const endpoints = `endpoint = ipc://${dir.join("c")}\npubsub_endpoint = ipc://${dir.join("e")}`;
  await dir.write(
    "circus.ini",
    `[circus]\n${endpoints}\npidfile = ${dir.join("pid")}\n[watcher:web]\ncmd = ${TELLS} $(circus.sockets.web)\nuse_sockets = True\n`,
  );
  const command = [
    "--fdname=web",
    `--listen=${dir.join("web")}`,
    process.execPath,
    repositoryPath("bin", "circusd.js"),
    dir.join("circus.ini"),
  ];
  const child = spawn("systemd-socket-activate", command, { stdio: "ignore" });
  const ended = once(child, "close");
  t.after(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  // The first client wakes circusd up, and waits in the socket until a worker takes it.
  await eventually(
    () => facts({ socketPath: dir.join("web") }).catch(() => ({})),
    (answer) => "names" in answer && answer.names === "web",
  );
  const pid = Number(await fileWith(dir.join("pid"), /^\d+\s*$/));
  assert.equal(pid, child.pid);
  kill(pid, "SIGTERM");
  await ended;
});
