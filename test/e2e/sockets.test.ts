/** The sockets of a running circusd: who gets them, how, and how long they stay. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import net from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import test from "node:test";
import { Daemon, descendants } from "../helpers/daemon.js";
import { eventually } from "../helpers/facts.js";
import { PYTHON, without } from "../helpers/partners.js";
import { repositoryPath } from "../helpers/root.js";
import { get } from "../helpers/sockets.js";
import { tempDir } from "../helpers/temp.js";

const TELLS = `${process.execPath} ${repositoryPath("test", "fixtures", "tells-about-its-sockets.js")}`;
const NGINX = "/usr/sbin/nginx";

type Where = Parameters<typeof get>[0];

/** What tells-about-its-sockets.js answers. */
async function facts(where: Where): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries(new URLSearchParams(await get(where)));
}

async function place(daemon: Daemon, name: string): Promise<Where> {
  const { sockets } = await daemon.client.call("listsockets", {});
  const found = sockets.find((socket) => socket.name === name);
  assert.ok(found);
  if (found.path !== undefined) return { socketPath: found.path };
  assert.ok(found.host !== undefined && found.port !== undefined);
  return { host: found.host, port: found.port };
}

function tcp(name: string, more = ""): string {
  return `[socket:${name}]\nhost = 127.0.0.1\nport = 0\n${more}\n`;
}

test("a worker gets the sockets that it names and no other, by number and as LISTEN_FDS with its own LISTEN_PID", async (t) => {
  // Sections come in the order of their names as written, capitals first.
  const daemon = await Daemon.start(t, {
    ini: [
      tcp("admin") + tcp("other") + tcp("Web"),
      `[watcher:names]\ncmd = ${TELLS} $(circus.sockets.web)\nargs = -- $(circus.sockets.admin)`,
      `[watcher:env]\ncmd = ${TELLS}\n[env:env]\nOTHER_FD = $(circus.sockets.other)`,
    ].join("\n"),
  });
  const named = await facts(await place(daemon, "web"));
  assert.deepEqual(
    { given: named["given"], announced: named["announced"], names: named["names"] },
    { given: "3,4", announced: "3,4", names: "web:admin" },
  );
  assert.equal(named["fd"], "3");
  assert.deepEqual([Number(named["pid"])], await daemon.pids("names"));
  const byEnvironment = await facts(await place(daemon, "other"));
  assert.deepEqual([byEnvironment["given"], byEnvironment["names"]], ["3", "other"]);
});

test("with use_sockets a server that knows LISTEN_FDS alone gets them all, and one without gets none", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: `${tcp("one")}${tcp("two")}[watcher:all]\ncmd = ${TELLS}\nuse_sockets = True\n[watcher:none]\ncmd = sleep 3600`,
  });
  for (const name of ["one", "two"]) {
    const { given, announced, names } = await facts(await place(daemon, name));
    assert.deepEqual([given, announced, names], ["3,4", "3,4", "one:two"]);
  }
  const none = await daemon.onlyProcess("none");
  assert.ok(!readFileSync(`/proc/${none}/environ`, "utf8").includes("LISTEN_"));
  for (const fd of [3, 4]) assert.equal(existsSync(`/proc/${none}/fd/${fd}`), false);
});

test("a Python http server serves on a socket by its number", { skip: without("python3", "-c", "") }, async (t) => {
  const fixture = repositoryPath("test", "fixtures", "serves-http-by-number.py");
  const daemon = await Daemon.start(t, {
    ini: `${tcp("web", "blocking = True")}[watcher:web]\ncmd = ${PYTHON} ${fixture} $(circus.sockets.web) "good day"\ncopy_env = True`,
  });
  assert.equal(await get(await place(daemon, "web")), "good day");
});

test("nginx serves on a socket of circusd, and goes on serving after a restart", { skip: without(NGINX, "-v") }, async (t) => {
  const dir = await tempDir(t);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${dir.join(name)};`).join(" ");
  const server = `server { listen unix:${dir.join("web.sock")}; location / { return 200 "from nginx"; } }`;
  const daemon = await Daemon.start(t, {
    dir,
    files: {
      "nginx.conf": `daemon off; pid ${dir.join("nginx.pid")}; error_log stderr; events {} http { access_log off; ${temporary} ${server} }`,
    },
    ini: [
      `[socket:web]\npath = ${dir.join("web.sock")}\numask = 0`,
      `[watcher:nginx]\ncmd = ${NGINX} -p ${dir.path} -c nginx.conf\nstop_signal = QUIT\n[env:nginx]\nNGINX = $(circus.sockets.web);`,
    ].join("\n"),
  });
  const before = await daemon.processes("nginx", 1);
  assert.equal(await get({ socketPath: dir.join("web.sock") }), "from nginx");
  await daemon.client.call("restart", { name: "nginx", waiting: true });
  assert.notDeepEqual(await daemon.pids("nginx"), before);
  assert.equal(await get({ socketPath: dir.join("web.sock") }), "from nginx");
});

test("a socket stays the same over reload and restart of its watcher, and a restart of everything binds it anew", async (t) => {
  const dir = await tempDir(t);
  const path = dir.join("web.sock");
  const daemon = await Daemon.start(t, {
    dir,
    ini: `[socket:web]\npath = ${path}\n[watcher:web]\ncmd = ${TELLS} $(circus.sockets.web)`,
  });
  const first = await facts({ socketPath: path });
  const pids = new Set([first["pid"]]);
  for (const command of ["reload", "restart"] as const) {
    await daemon.client.call(command, { name: "web", waiting: true });
    const now = await facts({ socketPath: path });
    assert.equal(now["socket"], first["socket"]);
    pids.add(now["pid"]);
  }
  assert.equal(pids.size, 3);
  await daemon.client.call("stop", { name: "web", waiting: true });
  const patient = facts({ socketPath: path });
  await daemon.client.call("start", { name: "web", waiting: true });
  assert.equal((await patient)["socket"], first["socket"], "the client was kept in the queue");
  await daemon.client.call("restart", { waiting: true });
  assert.notEqual((await facts({ socketPath: path }))["socket"], first["socket"]);
  assert.equal(await daemon.client.call("quit", { waiting: true }).then(() => daemon.exit()), 0);
  assert.equal(existsSync(path), false);
});

test("the file of a unix socket has the mode that its octal umask leaves", async (t) => {
  const dir = await tempDir(t);
  await Daemon.start(t, {
    dir,
    ini: [
      ["private", "umask = 077"],
      ["group", "umask = 007"],
      ["default", ""],
    ]
      .map(([name, more]) => `[socket:${name}]\npath = ${dir.join(`${name}.sock`)}\n${more}`)
      .join("\n"),
  });
  const modes = ["private", "group", "default"].map((name) => (statSync(dir.join(`${name}.sock`)).mode & 0o777).toString(8));
  assert.deepEqual(modes, ["700", "770", "767"]);
});

test("stdin_socket is the worker's descriptor 0", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: `${tcp("inetd")}[watcher:inetd]\ncmd = ${TELLS} 0\nstdin_socket = inetd`,
  });
  const { fd, given } = await facts(await place(daemon, "inetd"));
  assert.deepEqual([fd, given], ["0", ""]);
});

test("with so_reuseport each worker has a socket of its own, and all of them get clients", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: `${tcp("web", "so_reuseport = True")}[watcher:web]\ncmd = ${TELLS} $(circus.sockets.web)\nnumprocesses = 3`,
  });
  const where = await place(daemon, "web");
  const sockets = new Map<string, string>();
  await eventually(
    async () => {
      const { pid = "", socket = "" } = await facts(where);
      sockets.set(pid, socket);
      return sockets.size;
    },
    (workers) => workers === 3,
  );
  assert.equal(new Set(sockets.values()).size, 3);
});

test("the first client starts its on_demand watcher and is served by it; other watchers stay as they are", async (t) => {
  const ondemand = (name: string) => `${tcp(name)}[watcher:${name}]\ncmd = ${TELLS} $(circus.sockets.${name})\non_demand = True\n`;
  const daemon = await Daemon.start(t, {
    ini: `${ondemand("wanted")}${ondemand("unwanted")}[watcher:byhand]\ncmd = sleep 3600`,
  });
  await daemon.client.call("stop", { name: "byhand", waiting: true });
  assert.equal(await daemon.status("wanted"), "stopped");
  const { pid } = await facts(await place(daemon, "wanted"));
  assert.deepEqual([Number(pid)], await daemon.pids("wanted"));
  assert.deepEqual([await daemon.status("unwanted"), await daemon.status("byhand")], ["stopped", "stopped"]);
  await daemon.client.call("stop", { name: "wanted", waiting: true });
  await daemon.client.call("start", { name: "wanted", waiting: true });
  assert.equal(await daemon.status("wanted"), "stopped", "it waits for the next client");
  assert.notEqual((await facts(await place(daemon, "wanted")))["pid"], pid);
});

test("a socket that cannot be bound refuses the start, says why, and leaves nothing", async (t) => {
  const busy = net.createServer().listen(0, "127.0.0.1");
  await once(busy, "listening");
  t.after(() => void busy.close());
  const address = busy.address();
  assert.ok(typeof address === "object" && address !== null);
  const dir = await tempDir(t);
  const endpoints = ["endpoint", "pubsub_endpoint"].map((name) => `${name} = ipc://${dir.join(name)}`).join("\n");
  await dir.write(
    "circus.ini",
    `[circus]\n${endpoints}\npidfile = circusd.pid\n[socket:a]\npath = ${dir.join("a.sock")}\n[socket:b]\nhost = 127.0.0.1\nport = ${address.port}\n[watcher:web]\ncmd = touch ${dir.join("started")}\ncopy_env = True\n`,
  );
  const circusd = spawn(process.execPath, [repositoryPath("bin", "circusd.js"), "circus.ini"], {
    cwd: dir.path,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [said] = await Promise.all([text(circusd.stderr), once(circusd, "exit")]);
  assert.equal(circusd.exitCode, 1);
  assert.match(said, new RegExp(`Cannot bind socket "b" to 127\\.0\\.0\\.1:${address.port}: address in use`));
  for (const name of ["a.sock", "started", "endpoint", "pubsub_endpoint", "circusd.pid"])
    assert.equal(existsSync(dir.join(name)), false, name);
});

test("reloadconfig binds a changed socket anew and gives it to its users; others keep their processes", async (t) => {
  const dir = await tempDir(t);
  const socket = (name: string, file: string) => `[socket:${name}]\npath = ${dir.join(file)}\n`;
  const watchers = ["web", "other"].map((name) => `[watcher:${name}]\ncmd = ${TELLS} $(circus.sockets.${name})\n`).join("");
  const daemon = await Daemon.start(t, { dir, ini: socket("web", "old.sock") + socket("other", "other.sock") + watchers });
  const before = await facts({ socketPath: dir.join("old.sock") });
  const other = await facts({ socketPath: dir.join("other.sock") });
  const ini = readFileSync(dir.join("circus.ini"), "utf8");
  await dir.write("circus.ini", ini.replace("old.sock", "new.sock"));
  await daemon.client.call("reloadconfig", { waiting: true });
  const now = await facts({ socketPath: dir.join("new.sock") });
  assert.notEqual(now["pid"], before["pid"]);
  assert.deepEqual([Number(now["pid"])], await daemon.pids("web"));
  assert.equal(existsSync(dir.join("old.sock")), false);
  assert.deepEqual(await facts({ socketPath: dir.join("other.sock") }), other);
});

test("a socket that cannot be bound anew stays with its workers, and the next reloadconfig tries it again", async (t) => {
  const dir = await tempDir(t);
  const taken = await dir.write("taken.sock", "somebody else's");
  const watcher = (name: string) => `[watcher:${name}]\ncmd = ${TELLS} $(circus.sockets.${name})\n`;
  const daemon = await Daemon.start(t, { dir, ini: `[socket:web]\npath = ${dir.join("old.sock")}\n${watcher("web")}` });
  const before = await facts({ socketPath: dir.join("old.sock") });
  const added = await dir.write("added.sock", "somebody else's too");
  const ini = readFileSync(dir.join("circus.ini"), "utf8").replace("old.sock", "taken.sock");
  await dir.write("circus.ini", `${ini}[socket:more]\npath = ${added}\n${watcher("more")}`);
  await daemon.client.call("reloadconfig", { waiting: true });
  await daemon.logged(/Cannot bind socket "web" to ".*taken\.sock": .*; until then the socket stays as it was/);
  await daemon.logged(/Cannot bind socket "more" to ".*added\.sock"/);
  assert.deepEqual(await facts({ socketPath: dir.join("old.sock") }), before);
  rmSync(taken);
  rmSync(added);
  await daemon.client.call("reloadconfig", { waiting: true });
  const [web = 0] = await daemon.pids("web");
  assert.equal((await facts({ socketPath: taken }))["pid"], String(web));
  assert.equal(existsSync(dir.join("old.sock")), false);
  assert.deepEqual([Number((await facts({ socketPath: added }))["pid"])], await daemon.pids("more"));
});

test("reloadconfig changes a socket that keeps its address, and two that swap theirs", async (t) => {
  const dir = await tempDir(t);
  const names = ["kept", "one", "two"];
  const socket = (name: string, file = name) => `[socket:${name}]\npath = ${dir.join(file)}\n`;
  const watchers = names.map((name) => `[watcher:${name}]\ncmd = ${TELLS} $(circus.sockets.${name})\n`).join("");
  const daemon = await Daemon.start(t, { dir, ini: names.map((name) => socket(name)).join("") + watchers });
  const [head = ""] = readFileSync(dir.join("circus.ini"), "utf8").split("[socket:");
  await dir.write("circus.ini", `${head}${socket("kept")}backlog = 7\n${socket("one", "two")}${socket("two", "one")}${watchers}`);
  await daemon.client.call("reloadconfig", { waiting: true });
  const { sockets } = await daemon.client.call("listsockets", {});
  assert.equal(sockets.find(({ name }) => name === "kept")?.backlog, 7);
  for (const [name, file] of Object.entries({ kept: "kept", one: "two", two: "one" })) {
    assert.deepEqual([Number((await facts({ socketPath: dir.join(file) }))["pid"])], await daemon.pids(name));
  }
});

test("no request fails while workers are reloaded under load, all at once or one by one", async (t) => {
  const server = repositoryPath("examples", "quickstart", "server.js");
  const daemon = await Daemon.start(t, {
    ini: `${tcp("web")}[watcher:web]\ncmd = ${process.execPath} ${server} $(circus.sockets.web) $(circus.wid)\nnumprocesses = 2`,
  });
  const where = await place(daemon, "web");
  assert.ok("port" in where);
  const load = spawn(process.execPath, [repositoryPath("test", "fixtures", "sends-requests.js"), String(where.port)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => void load.kill("SIGKILL"));
  const lines = createInterface({ input: load.stdout })[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, "begun");
  const answering = async (pids: readonly number[]): Promise<unknown> =>
    eventually(
      async () => Number(/pid (\d+)/.exec(await get(where))?.[1]),
      (pid) => pids.includes(pid),
    );
  for (const args of [
    ["reload", "web"],
    ["reload", "web"],
    ["reload", "web"],
    ["reload", "web", "--sequential"],
  ]) {
    const before = await daemon.processes("web", 2);
    await answering(before);
    const { code, stderr } = await daemon.ctl(...args, "--waiting");
    assert.equal(code, 0, stderr);
    assert.ok((await daemon.pids("web")).every((pid) => !before.includes(pid)));
  }
  await answering(await daemon.pids("web"));
  load.kill("SIGTERM");
  const told = await lines.next();
  const { answered, failures } = Object.fromEntries(new URLSearchParams(String(told.value)));
  assert.equal(failures, "");
  assert.ok(Number(answered) > 100, `${answered} requests`);
  assert.deepEqual(descendants(daemon.pid).length, 2);
});
