/** Every example does what its README says, on sockets and endpoints of the test's own. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import http from "node:http";
import { text } from "node:stream/consumers";
import test, { type TestContext } from "node:test";
import { Daemon } from "./helpers/daemon.js";
import { eventually } from "./helpers/facts.js";
import { PYTHON, withoutPythonZmq } from "./helpers/partners.js";
import { repositoryPath, repositoryRoot } from "./helpers/root.js";
import { firstOf, get } from "./helpers/sockets.js";
import { tempDir } from "./helpers/temp.js";

/** Runs an example in a directory of its own, with its port replaced by a free one, and its endpoints by the test's. */
async function play(t: TestContext, name: string): Promise<Daemon> {
  const directory = repositoryPath("examples", name);
  const files = readdirSync(directory)
    .filter((file) => file !== "circus.ini" && file !== "README.md")
    .map((file): [string, string] => [file, readFileSync(`${directory}/${file}`, "utf8")]);
  const ini = readFileSync(`${directory}/circus.ini`, "utf8").replace(/^port = \d+$/m, "port = 0");
  const dir = await tempDir();
  const own = ini
    .replace("cmd = python3 keeper.py", `cmd = ${PYTHON} keeper.py`)
    .replace("tcp://127.0.0.1:5555", `ipc://${dir.join("control.sock")}`)
    .replace("tcp://127.0.0.1:5556", `ipc://${dir.join("events.sock")}`)
    .replace("listen = 127.0.0.1:11022", `listen = 127.0.0.1:0\nstate_dir = ${dir.path}`);
  await mkdir(dir.join("node_modules"));
  await symlink(repositoryRoot(), dir.join("node_modules/circusd"));
  const daemon = await Daemon.start(t, { files: Object.fromEntries(files), ini: own, dir });
  t.after(() => dir[Symbol.asyncDispose]());
  return daemon;
}

async function port(daemon: Daemon, name: string): Promise<number> {
  const { sockets } = await daemon.client.call("listsockets", {});
  return sockets.find((socket) => socket.name === name)?.port ?? assert.fail(`no socket ${name}`);
}

function firstNumber(text: string): number {
  return Number(/pid (\d+)|by (\d+)/.exec(text)?.slice(1).find(Boolean));
}

test("every example is run by a test", () => {
  const examples = readdirSync(repositoryPath("examples"));
  const sources = ["test/examples.test.ts", "test/e2e/quickstart.test.ts"]
    .map((file) => readFileSync(repositoryPath(file), "utf8"))
    .join("\n");
  const untested = examples.filter((name) => !sources.includes(`play(t, "${name}")`) && !sources.includes(`examples/${name}/circus.ini`));
  assert.deepEqual(untested, []);
});

test("examples/sockets shares a port by number, and starts the owner of a unix socket at its first client", async (t) => {
  const daemon = await play(t, "sockets");
  const web = { host: "127.0.0.1", port: await port(daemon, "web") };
  const admin = daemon.dir.join("admin.sock");
  const workers = await daemon.processes("web", 2);
  assert.ok(workers.includes(firstNumber(await get(web))));
  assert.equal((await daemon.ctl("status")).stdout, "admin: stopped\nweb: active\n");
  assert.match(await get({ socketPath: admin }), /^admin, descriptor 3, pid \d+\n$/);
  assert.equal((await daemon.ctl("status", "admin")).stdout, "active\n");
  assert.equal(statSync(admin).mode & 0o777, 0o700);
  await daemon.ctl("quit");
  assert.equal(await daemon.exit(), 0);
  assert.equal(existsSync(admin), false);
});

test("examples/hooks starts its worker while there is work, announces it and adds its progress", async (t) => {
  const daemon = await play(t, "hooks");
  const pid = await daemon.onlyProcess("worker");
  await daemon.logged(new RegExp(`worker has process ${pid}`));
  await eventually(
    () => daemon.ctl("--json", "stats", "worker", "--extended"),
    ({ stdout }) => stdout.includes('"lines_done": 3'),
  );
  renameSync(daemon.dir.join("work.txt"), daemon.dir.join("later.txt"));
  await daemon.ctl("restart", "worker", "--waiting");
  assert.equal((await daemon.ctl("status", "worker")).stdout, "stopped\n");
  renameSync(daemon.dir.join("later.txt"), daemon.dir.join("work.txt"));
  await daemon.ctl("start", "worker", "--waiting");
  assert.equal((await daemon.ctl("status", "worker")).stdout, "active\n");
});

test("examples/reload finishes what was begun, and its greeter keeps its pid", async (t) => {
  const daemon = await play(t, "reload");
  let printed = "";
  daemon.process.stdout?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const web = { host: "127.0.0.1", port: await port(daemon, "web") };
  const before = await daemon.processes("web", 2);
  const greeter = await daemon.onlyProcess("greeter");
  await eventually(
    () => printed,
    (said) => said.includes(`${greeter}: Good morning\n`),
  );
  const response = await firstOf(http.get({ ...web, agent: false }), "response");
  assert.ok(response instanceof http.IncomingMessage);
  assert.equal((await daemon.ctl("reload", "web", "--waiting")).code, 0);
  const answer = await text(response);
  assert.match(answer, /^begun by \d+, finished\n$/);
  assert.ok(before.includes(firstNumber(answer)), "by a worker that was to go");
  const after = await daemon.pids("web");
  assert.ok(after.every((pid) => !before.includes(pid)));
  assert.equal((await daemon.ctl("reload", "web", "--sequential", "--waiting")).code, 0);
  assert.ok((await daemon.pids("web")).every((pid) => !after.includes(pid)));
  writeFileSync(daemon.dir.join("greeting.txt"), "Good evening\n");
  await daemon.ctl("reload", "greeter");
  await eventually(
    () => printed,
    (said) => said.includes(`${greeter}: Good evening\n`),
  );
  assert.deepEqual(await daemon.pids("greeter"), [greeter]);
});

test("examples/commands adds a command that replaces processes", async (t) => {
  const daemon = await play(t, "commands");
  const before = await daemon.processes("web", 2);
  assert.equal(
    (await daemon.ctl("commands")).stdout,
    "deploy <name> <version>: Replace the processes of a watcher by those of another version\n",
  );
  assert.equal((await daemon.ctl("deploy", "web", "2")).stdout, "web runs version 2 in 2 processes\n");
  assert.ok((await daemon.pids("web")).every((pid) => !before.includes(pid)));
  assert.deepEqual(await daemon.ctl("deploy", "web"), {
    code: 3,
    stdout: "",
    stderr: "error: deploy takes the name of a watcher and a version\n",
  });
});

test("examples/python has a plugin that hears of deaths and a client that scales", { skip: withoutPythonZmq() }, async (t) => {
  const daemon = await play(t, "python");
  let printed = "";
  daemon.process.stdout?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  await eventually(
    () => printed,
    // The test's own probe may still be among them.
    (said) => /^keeper: ready, [23] watchers$/m.test(said),
  );
  const scaled = spawnSync(PYTHON, ["scale.py", "--endpoint", daemon.endpoint, "web", "3"], { cwd: daemon.dir.path, encoding: "utf8" });
  assert.equal(scaled.stdout, "web has 3 processes\n", scaled.stderr);
  const before = await daemon.processes("web", 3);
  await daemon.ctl("kill", "web", "--waiting");
  await eventually(
    () => printed,
    (said) => before.every((pid) => said.includes(`keeper: web lost ${pid}, 3 wanted\n`)),
  );
  const refused = spawnSync(PYTHON, ["scale.py", "--endpoint", daemon.endpoint, "nope", "3"], { cwd: daemon.dir.path, encoding: "utf8" });
  assert.deepEqual([refused.status, refused.stderr], [1, "program nope not found\n"]);
});

/** Servers of a circuit, and the programs of examples/cluster that run on it. */
class Circuit {
  readonly daemon: Daemon;
  readonly #t: TestContext;

  constructor(t: TestContext, daemon: Daemon) {
    this.#t = t;
    this.daemon = daemon;
  }

  async address(): Promise<string> {
    const { stdout } = await this.daemon.ctl("--json", "members");
    return /circuit:\/\/127[^"]*/.exec(stdout)?.[0] ?? assert.fail(stdout);
  }

  /** Starts a program of this package's, or of the example; it ends with the test. */
  start(
    file: string,
    ...args: readonly string[]
  ): { readonly said: () => string; readonly end: (signal: NodeJS.Signals) => Promise<void> } {
    const child = spawn("setpriv", ["--pdeathsig", "TERM", process.execPath, file, ...args], {
      cwd: this.daemon.dir.path,
      env: { ...process.env, CIRCUIT_DISCOVER: "" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const output of [child.stdout, child.stderr]) output.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const end = async (signal: NodeJS.Signals): Promise<void> => {
      child.kill(signal);
      await closed;
    };
    this.#t.after(() => end("SIGTERM"));
    return { said: () => said, end };
  }

  /** Starts another server; its address is the first that it says. */
  async second(): Promise<string> {
    const args = ["start", "-a", "127.0.0.1:0", "--name", "second", "-j", await this.address(), "--var", this.daemon.dir.path];
    const server = this.start(repositoryPath("bin", "circuit.js"), ...args);
    const said = await eventually(server.said, (text) => text.includes("is in the circuit"));
    return /circuit:\/\/\S+/.exec(said)?.[0] ?? assert.fail(said);
  }
}

test("examples/cluster keeps a process alive on any host, hears from a worker, and broadcasts in one order", async (t) => {
  const circuit = new Circuit(t, await play(t, "cluster"));
  const second = await circuit.second();
  const first = await circuit.address();

  await t.test("the watchbot goes on at the next host when its process has died", async () => {
    const bot = circuit.start("watchbot.js", `${first},${second}`, "sleep", "3600");
    const runs = (times: number) =>
      eventually(
        () => [...bot.said().matchAll(/runs on (\w+) as (\d+)/g)].map(([, host, pid]) => ({ host, pid: Number(pid) })),
        (found) => found.length === times,
      );
    for (let times = 1; times < 3; times += 1) process.kill((await runs(times)).at(-1)?.pid ?? 0);
    assert.deepEqual([...new Set((await runs(3)).map(({ host }) => host))].sort(), ["first", "second"]);
    await bot.end("SIGTERM");
  });

  await t.test("the worker's followers go on where it was, as the back channel tells", async () => {
    const bot = circuit.start("watchbot-with-back-channel.js", first);
    const said = await eventually(bot.said, (text) => text.includes("is at 2\n"));
    process.kill(firstNumber(said.replace(/^[^]*? as /, "pid ")), "SIGKILL");
    const numbers = await eventually(
      () => [...bot.said().matchAll(/is at (\d+)/g)].map(([, number]) => Number(number)),
      (found) => found.length > 3 && bot.said().split(" runs on ").length === 3,
    );
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    );
    await bot.end("SIGTERM");
  });

  await t.test("listeners on two hosts hear the same in the same order", async () => {
    const order = circuit.start("broadcast.js", "order", first, "/first/news");
    await eventually(order.said, (text) => text.includes("gives order"));
    const [anne, ben] = [
      circuit.start("broadcast.js", "listen", first, "/first/news", "anne"),
      circuit.start("broadcast.js", "listen", second, "/first/news", "ben"),
    ];
    for (const one of [anne, ben]) await eventually(one.said, (text) => text.includes("listens"));
    for (const number of [1, 2, 3]) circuit.start("broadcast.js", "say", number === 2 ? first : second, "/first/news", `hello ${number}`);
    const heard = (one: typeof anne) =>
      eventually(
        () => [...one.said().matchAll(/hears: (.*)/g)].map(([, text]) => text),
        (found) => found.length === 3,
      );
    const order1 = await heard(anne);
    assert.deepEqual(order1.toSorted(), ["hello 1", "hello 2", "hello 3"]);
    assert.deepEqual(await heard(ben), order1);
    for (const one of [anne, ben, order]) await one.end("SIGTERM");
  });
});
