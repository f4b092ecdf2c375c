/** What circusd does when the system lets it down: real refusals of the kernel, each provoked on purpose. */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFile, chown, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import test from "node:test";
import { Daemon, descendants, isAlive } from "../helpers/daemon.js";
import { descriptorsOf, eventually, fileWith, kill, threadsOf } from "../helpers/facts.js";
import { repositoryPath } from "../helpers/root.js";
import { smallDisk } from "../helpers/small-disk.js";
import { tempDir } from "../helpers/temp.js";

/** A user whom nobody else on the machine is likely to be, so that limits of processes per user count circusd alone. */
const STRANGER = 61_234;
const AS_STRANGER = ["setpriv", "--reuid", `${STRANGER}`, "--regid", `${STRANGER}`, "--clear-groups", "--inh-caps=-all", "--"] as const;

function asStranger(...command: string[]): void {
  const [program, ...args] = AS_STRANGER;
  execFileSync(program, [...args, ...command]);
}

/** Whether circusd can be run as the stranger; else why not. */
function strangerRefused(): string | false {
  if (process.getuid?.() !== 0) return "only root may start circusd as another user";
  const [program, ...args] = AS_STRANGER;
  const tried = spawnSync(program, [...args, process.execPath, repositoryPath("bin", "circusd.js"), "--version"]);
  return tried.status === 0 ? false : "another user may not read the repository";
}

test("what cannot be executed is told with the step that failed, and a start that waits is answered", async (t) => {
  const daemon = await Daemon.start(t, {
    files: { "no-interpreter": "#!/no/such/interpreter\n", "not-a-program": "neither machine code nor a script" },
    ini: ["/no/such/program", "/etc", "/etc/passwd", "./no-interpreter"]
      .map((cmd, index) => `[watcher:w${index}]\ncmd = ${cmd}\nautostart = False\nmax_retry = 1\n`)
      .join("\n"),
  });
  for (const [name, reason] of [
    ["w0", /Cannot start "w0": .*"\/no\/such\/program"/],
    ["w1", /Cannot start "w1": .*"\/etc"/],
    ["w2", /Cannot start "w2": .*"\/etc\/passwd"/],
    ["w3", /Cannot start "w3": .*interpreter/],
  ] as const) {
    await daemon.client.call("start", { name, waiting: true });
    assert.equal(await daemon.status(name), "stopped");
    await daemon.logged(reason);
  }
});

test("a working directory that goes between two respawns is told, waited for, and used when it is back", async (t) => {
  const dir = await tempDir(t);
  await mkdir(dir.join("home"));
  const daemon = await Daemon.start(t, {
    dir,
    ini: `[watcher:web]\ncmd = sleep 3600\nworking_dir = ${dir.join("home")}\nmax_retry = -1\nrestart_delay = 0.05\nrestart_max_delay = 0.05`,
  });
  const pid = await daemon.onlyProcess("web");
  await rm(dir.join("home"), { recursive: true });
  kill(pid, "SIGKILL");
  await daemon.logged(/Cannot start "web": no such directory ".*home"/);
  assert.deepEqual([await daemon.status("web"), await daemon.pids("web")], ["active", []]);
  await mkdir(dir.join("home"));
  await daemon.event("watcher.web.spawn");
  await daemon.onlyProcess("web");
});

test("forks that the kernel refuses are tried again, and everything else goes on", { skip: strangerRefused() }, async (t) => {
  const dir = await tempDir(t);
  await chown(dir.path, STRANGER, STRANGER);
  const daemon = await Daemon.start(t, {
    dir,
    wrapper: AS_STRANGER,
    ini: "[watcher:web]\ncmd = sleep 3600\n[watcher:many]\ncmd = sleep 3600\nautostart = False\nnumprocesses = 12\nmax_retry = -1\nrestart_delay = 0.05\nrestart_max_delay = 0.05",
  });
  const limit = (count: number) => asStranger("prlimit", "--pid", `${daemon.pid}`, `--nproc=${count}:`);
  limit(threadsOf(daemon.pid) + 1 + 5);
  await daemon.client.call("start", { name: "many" });
  await daemon.logged(/Cannot start "many": no new process \(EAGAIN\): the limit of processes is reached/);
  await daemon.processes("many", 5);
  assert.equal(await daemon.status("web"), "active");
  limit(500);
  await daemon.processes("many", 12);
});

test("without descriptors circusd lives, answers, and recovers when there are some again", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: `[watcher:web]\ncmd = sleep 3600\n[watcher:many]\ncmd = sleep 3600\nnumprocesses = 20\nautostart = False\nmax_retry = -1\nrestart_delay = 0.2\nrestart_max_delay = 0.2\nstdout_stream.class = QueueStream\nstderr_stream.class = QueueStream`,
  });
  execFileSync("prlimit", ["--pid", `${daemon.pid}`, `--nofile=${descriptorsOf(daemon.pid) + 20}:`]);
  await daemon.client.call("start", { name: "many" });
  await daemon.logged(/Cannot start "many": .*too many files/);
  await eventually(
    () => daemon.status("many"),
    (status) => status === "active",
  );
  kill(await daemon.onlyProcess("web"), "SIGKILL");
  await daemon.event("watcher.web.reap");
  assert.deepEqual((await daemon.client.call("numwatchers", {})).numwatchers, 2);
  await daemon.client.call("rm", { name: "many", waiting: true });
  await daemon.processes("web", 1);
  await daemon.client.call("add", {
    name: "again",
    cmd: "sleep 3600",
    options: { "stdout_stream.class": "QueueStream" },
    start: true,
    waiting: true,
  });
  await daemon.onlyProcess("again");
  const listed = await daemon.ctl("list");
  assert.deepEqual([listed.code, listed.stdout.trim()], [0, "again,web"]);
});

test("on a full disk the worker goes on, what is lost is counted, and the log goes on when there is space", async (t) => {
  const disk = await smallDisk(t, "256k");
  if (disk === null) return t.skip("a tmpfs cannot be mounted here");
  await writeFile(`${disk}/ballast`, Buffer.alloc(128 * 1024));
  const daemon = await Daemon.start(t, {
    ini: `[watcher:chatty]\ncmd = yes a line of the worker\nstdout_stream.class = FileStream\nstdout_stream.filename = ${disk}/out.log\nstdout_stream.max_bytes = 16384\nstdout_stream.backup_count = 1`,
  });
  const pid = await daemon.onlyProcess("chatty");
  // Rotation frees a page now and then, until somebody else has taken that too.
  const fill = async () => {
    await appendFile(`${disk}/more`, Buffer.alloc(4096)).catch(() => undefined);
    return daemon.output;
  };
  await writeFile(`${disk}/more`, Buffer.alloc(128 * 1024)).catch(() => undefined);
  await eventually(fill, (log) => /Cannot write ".*" for stdout of watcher "chatty": no space left/.test(log));
  assert.equal(await daemon.onlyProcess("chatty"), pid);
  await rm(`${disk}/ballast`);
  await daemon.logged(/Writing again ".*" for stdout of watcher "chatty": \d+ bytes were dropped/);
  assert.equal(await daemon.onlyProcess("chatty"), pid);
  const text = await fileWith(`${disk}/out.log`, /\n/);
  assert.ok(
    text
      .split("\n")
      .slice(1, -1)
      .every((line) => line === "a line of the worker"),
  );
});

test("a log directory that is removed costs no worker, and the log goes on when it is back", async (t) => {
  const stream = (name: string) => `stdout_stream.class = ${name}\nstdout_stream.filename = logs/${name}\n`;
  const ticker = `cmd = sh -c "while :; do echo tick; sleep 0.05; done"\ncopy_env = True\n`;
  const names = ["FileStream", "WatchedFileStream", "TimedRotatingFileStream"];
  const daemon = await Daemon.start(t, {
    files: { "logs/keep": "" },
    ini: names.map((name) => `[watcher:${name}]\n${ticker}${stream(name)}`).join("\n"),
  });
  const { dir } = daemon;
  const pids = await Promise.all(names.map((name) => daemon.onlyProcess(name)));
  for (const name of names) await fileWith(dir.join("logs", name), /tick/);
  await rm(dir.join("logs"), { recursive: true });
  for (const name of names) await daemon.logged(new RegExp(`Cannot write ".*" for stdout of watcher "${name}"`));
  await mkdir(dir.join("logs"));
  for (const name of names) await fileWith(dir.join("logs", name), /tick/);
  assert.deepEqual(await Promise.all(names.map((name) => daemon.onlyProcess(name))), pids);
});

test("of workers killed at random every one is replaced once and told once", async (t) => {
  const [kills, workers] = [300, 20];
  const daemon = await Daemon.start(t, { ini: `[watcher:web]\ncmd = sleep 3600\nnumprocesses = ${workers}\nrestart_delay = 0` });
  const killed = new Set<number>();
  const first = await daemon.processes("web", workers);
  const known = new Set(first);
  // Events of the first workers may arrive late: they are nobody's successors.
  const successors = () =>
    daemon.events.flatMap((event) =>
      event.event === "spawn" && !first.includes(event.payload.process_pid) ? [event.payload.process_pid] : [],
    );
  for (let count = 0; count < kills; count += 1) {
    const standing = [...known].filter((pid) => !killed.has(pid));
    const victim = standing[Math.floor(Math.random() * standing.length)];
    kill(victim, "SIGKILL");
    if (victim !== undefined) killed.add(victim);
    await daemon.until(() => successors().length > count - workers / 2, "successors");
    for (const pid of successors()) known.add(pid);
  }
  await daemon.until(() => successors().length >= kills, "all successors");
  const reaped = daemon.events.flatMap((event) => (event.event === "reap" ? [event.payload.process_pid] : []));
  assert.deepEqual([...reaped].sort(), [...killed].sort());
  assert.equal(successors().length, kills);
  const pids = await daemon.pids("web");
  assert.equal(pids.length, workers);
  assert.deepEqual(descendants(daemon.pid).sort(), [...pids].sort());
});

test("a wall clock that jumps stops neither respawns, deadlines, ages nor back-off", async (t) => {
  const daemon = await Daemon.start(t, {
    env: { NODE_OPTIONS: `--import=${repositoryPath("test", "fixtures", "turns-back-the-clock.js")}` },
    ini: `[watcher:old]\ncmd = sleep 3600\nmax_age = 1\nmax_age_variance = 0
[watcher:deaf]\ncmd = sh ${repositoryPath("test", "fixtures", "tells-signals.sh")} deaf.txt HUP\ngraceful_timeout = 0.3
[watcher:crash]\ncmd = false\nautostart = False\nrestart_delay = 0.1\nrestart_max_delay = 0.1`,
  });
  await fileWith(daemon.dir.join("deaf.txt"), /ready/);
  for (const round of [1, 2]) {
    const spawns = daemon.count("watcher.crash.spawn");
    await daemon.client.call("start", { name: "crash" });
    const stopped = daemon.client.call("restart", { name: "deaf", waiting: true });
    await daemon.event("watcher.deaf.kill", 2 * round - 1);
    const ages = daemon.count("watcher.old.spawn");
    daemon.process.kill("SIGWINCH");
    await stopped;
    await daemon.event("watcher.old.spawn", ages + 1);
    await daemon.event("watcher.crash.spawn", spawns + 4);
    kill(await daemon.onlyProcess("deaf"), "SIGKILL");
    await daemon.event("watcher.deaf.spawn", 2 * round);
    await daemon.client.call("stop", { name: "crash", waiting: true });
    await fileWith(daemon.dir.join("deaf.txt"), new RegExp(`(ready[^r]*){${1 + 2 * round}}`));
  }
  const times = daemon.events.flatMap((event) => (event.event === "spawn" ? [event.payload.time] : []));
  assert.ok(Math.max(...times) - Math.min(...times) > 3600, "the clock was moved");
});

test("SIGINT ends circusd while hooks are slow to let it start", async (t) => {
  const hook = `${repositoryPath("test", "fixtures", "hooks-of-a-life.js")}:takesLong`;
  const slow = (name: string) =>
    `[watcher:${name}]\ncmd = sleep 3600\npriority = 1\nhook_timeout = 3600\nhooks.${name} = ${hook}\n[env:${name}]\nHOOKS = ${name}\n`;
  const names = ["before_start", "before_spawn", "after_spawn", "after_start"];
  for (const name of names) {
    const daemon = await Daemon.start(t, { ini: `[watcher:web]\ncmd = sleep 3600\npriority = 2\n${slow(name)}` });
    await fileWith(daemon.dir.join(name), new RegExp(name));
    assert.equal(await daemon.status(name), "starting");
    daemon.process.kill("SIGINT");
    assert.equal(await daemon.exit(), 0, name);
  }
});

test("the second SIGTERM changes nothing and says what the third does: everything is killed at once", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: `[watcher:deaf]\ncmd = sh ${repositoryPath("test", "fixtures", "tells-signals.sh")} deaf.txt HUP\ngraceful_timeout = 3600`,
  });
  await fileWith(daemon.dir.join("deaf.txt"), /ready/);
  const family = descendants(daemon.pid);
  daemon.process.kill("SIGTERM");
  await fileWith(daemon.dir.join("deaf.txt"), /TERM/);
  daemon.process.kill("SIGTERM");
  await daemon.logged(/one more signal kills every process at once/);
  assert.ok(family.some(isAlive));
  daemon.process.kill("SIGTERM");
  assert.equal(await daemon.exit(), 3);
  await eventually(
    () => family.filter(isAlive),
    (left) => left.length === 0,
  );
});

test("after SIGKILL of circusd its workers live on, and a new circusd starts on the same endpoints", async (t) => {
  const ini = "[socket:web]\npath = web.sock\nreplace = True\n[watcher:web]\ncmd = sleep 3600\nnumprocesses = 2";
  const dir = await tempDir(t);
  const settings = { dir, ini: ini.replace("web.sock", dir.join("web.sock")), circus: `pidfile = ${dir.join("pid")}` };
  const first = await Daemon.start(t, settings);
  const orphans = await first.pids("web");
  t.after(() => {
    for (const pid of orphans) kill(pid, "SIGKILL");
  });
  first.process.kill("SIGKILL");
  await once(first.process, "exit");
  const second = await Daemon.start(t, settings);
  assert.equal((await readFile(dir.join("pid"), "utf8")).trim(), `${second.pid}`);
  const pids = await second.pids("web");
  assert.equal(pids.length, 2);
  assert.ok(orphans.every(isAlive) && !orphans.some((pid) => pids.includes(pid)));
});

test("a second circusd on the same endpoints is refused with the reason, and the first does not notice", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600" });
  const before = await stat(daemon.dir.join("control.sock"));
  const second = spawn(process.execPath, [repositoryPath("bin", "circusd.js"), "circus.ini"], { cwd: daemon.dir.path });
  let output = "";
  second.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(second, "close");
  assert.equal(second.exitCode, 1);
  assert.match(output, /Cannot bind event endpoint "ipc:.*": address already in use; is another circusd running\?/);
  assert.deepEqual((await stat(daemon.dir.join("control.sock"))).ino, before.ino);
  kill(await daemon.onlyProcess("web"), "SIGKILL");
  await daemon.event("watcher.web.spawn");
  assert.equal((await daemon.ctl("list")).stdout.trim(), "web");
});
