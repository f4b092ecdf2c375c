/** What a worker is made of, and how the options of a watcher rule its life: seen on real processes. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, realpath } from "node:fs/promises";
import { connect } from "node:net";
import test from "node:test";
import { Daemon, descendants, isAlive } from "../helpers/daemon.js";
import { commandOf, environmentOf, eventually, fileLimitsOf, fileWith, kill, linkOf, sessionOf, statusOf } from "../helpers/facts.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";

const isRoot = process.getuid?.() === 0;
const fixture = (name: string) => repositoryPath("test", "fixtures", name);
const ascending = (a: number, b: number) => a - b;

/** What was told about a watcher, in order: `spawn`, `reap`, … */
function story(daemon: Daemon, name: string): readonly string[] {
  const prefix = `watcher.${name}.`;
  return daemon.events.filter(({ topic }) => topic.startsWith(prefix)).map(({ topic }) => topic.slice(prefix.length));
}

/** The least and the greatest number of processes that were there at once, by the events that came after the first `alive`. */
function range(daemon: Daemon, name: string, alive: number): readonly [number, number] {
  let [now, least, most] = [alive, alive, alive];
  const events = story(daemon, name);
  // On a busy machine the watcher may still be starting when the events begin.
  for (const event of events.slice(events.lastIndexOf("start") + 1)) {
    now += event === "spawn" ? 1 : event === "reap" ? -1 : 0;
    [least, most] = [Math.min(least, now), Math.max(most, now)];
  }
  return [least, most];
}

test("a worker gets the environment that is configured, and circusd's own only with copy_env", async (t) => {
  const dir = await tempDir(t);
  await mkdir(dir.join("venv", "lib", "python3.11", "site-packages"), { recursive: true });
  await mkdir(dir.join("venv", "bin"), { recursive: true });
  const daemon = await Daemon.start(t, {
    dir,
    env: { MARK: "of circusd", PATH: "/usr/bin:/bin", PYTHONPATH: "" },
    ini: `[env]\nALL = all\n[env:exact]\nONE = with = and ; # kept\nFROM = <$MARK>\nUNSET = <$NOBODY_HAS_THIS>\n[env:exa*,other]\nMANY = $(circus.env.ALL)
[watcher:exact]\ncmd = /bin/sleep 3600
[watcher:copied]\ncmd = sleep 3600\ncopy_env = True
[watcher:python]\ncmd = sleep 3600\ncopy_env = True\nvirtualenv = ${dir.join("venv")}\nvirtualenv_py_ver = 3.11`,
  });
  assert.deepEqual(environmentOf(await daemon.onlyProcess("exact")), {
    ALL: "all",
    ONE: "with = and",
    FROM: "<of circusd>",
    UNSET: "<>",
    MANY: "all",
  });
  const copied = environmentOf(await daemon.onlyProcess("copied"));
  assert.deepEqual([copied["MARK"], copied["ALL"], copied["ONE"]], ["of circusd", "all", undefined]);
  const python = environmentOf(await daemon.onlyProcess("python"));
  assert.equal(python["PATH"], `${dir.join("venv", "bin")}:/usr/bin:/bin`);
  assert.match(python["PYTHONPATH"] ?? "", new RegExp(`^${dir.join("venv", "lib", "python3.11", "site-packages")}`));
});

test("a worker runs where, as what and within what its watcher says, in a session of its own", async (t) => {
  const dir = await tempDir(t);
  await mkdir(dir.join("home"));
  const daemon = await Daemon.start(t, {
    dir,
    circus: "umask = 027",
    ini: `[watcher:plain]\ncmd = sleep 3600\nnumprocesses = 2\nrlimit_nofile = 123
[watcher:there]\ncmd = sh -c "exec sleep $(circus.wid)$(circus.env.LONG)"\nworking_dir = ${dir.join("home")}\n[env:there]\nLONG = 000
[watcher:named]\ncmd = my-sleep 3600\nexecutable = /bin/sleep
[watcher:quiet]\ncmd = sleep 3600\nclose_child_stdout = True\nclose_child_stderr = True
[watcher:piped]\ncmd = echo "$0-$1" | tr a-z A-Z > piped.txt && exec sleep 3600\nshell = True\nshell_args = abc def`,
  });
  const pids = await daemon.processes("plain", 2);
  for (const pid of pids) {
    // Until then it is the tool that sets the limit.
    await eventually(
      () => commandOf(pid).join(" "),
      (command) => /^\S*sleep 3600$/.test(command),
    );
    assert.equal(sessionOf(pid), pid);
    assert.equal(linkOf(pid, "fd/0"), "/dev/null");
    assert.deepEqual(fileLimitsOf(pid), ["123", "123"]);
    assert.deepEqual(statusOf(pid, "Umask"), ["0027"]);
    assert.equal(linkOf(pid, "cwd"), await realpath(dir.path));
  }
  const there = await daemon.onlyProcess("there");
  assert.equal(linkOf(there, "cwd"), await realpath(dir.join("home")));
  await eventually(
    () => commandOf(there),
    (words) => words.join(" ") === "sleep 1000",
  );
  assert.deepEqual(commandOf(await daemon.onlyProcess("named")), ["my-sleep", "3600"]);
  const quiet = await daemon.onlyProcess("quiet");
  assert.deepEqual([linkOf(quiet, "fd/1"), linkOf(quiet, "fd/2")], ["/dev/null", "/dev/null"]);
  assert.equal(await fileWith(dir.join("piped.txt"), /\n/), "ABC-DEF\n");
});

test(
  "a worker with uid has that user's groups and none of circusd's",
  { skip: isRoot ? false : "only root may change the user of a process" },
  async (t) => {
    const daemon = await Daemon.start(t, {
      wrapper: ["setpriv", "--groups", "0,1,2"],
      ini: "[watcher:user]\ncmd = sleep 3600\nuid = nobody\n[watcher:group]\ncmd = sleep 3600\nuid = nobody\ngid = 1\n[watcher:root]\ncmd = sleep 3600",
    });
    const ask = (...args: string[]) => execFileSync("id", [...args, "nobody"], { encoding: "utf8" }).trim();
    const [uid, gid, groups] = [ask("-u"), ask("-g"), ask("-G").split(" ").map(Number).sort(ascending)];
    const user = await daemon.onlyProcess("user");
    const group = await daemon.onlyProcess("group");
    for (const pid of [user, group])
      await eventually(
        () => commandOf(pid),
        (command) => command.join(" ").endsWith("sleep 3600") && command.length === 2,
      );
    const identity = (pid: number) => [statusOf(pid, "Uid"), statusOf(pid, "Gid")];
    assert.deepEqual(identity(user), [Array(4).fill(uid), Array(4).fill(gid)]);
    assert.deepEqual(statusOf(user, "Groups").map(Number).sort(ascending), groups);
    assert.deepEqual(identity(group), [Array(4).fill(uid), Array(4).fill("1")]);
    assert.deepEqual(statusOf(await daemon.onlyProcess("root"), "Groups"), ["0", "1", "2"]);
  },
);

test("watchers start by falling priority and stop by rising priority, one group after the other", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: "[watcher:low]\ncmd = sleep 3600\npriority = 1\n[watcher:high]\ncmd = sleep 3600\npriority = 10\n[watcher:mid]\ncmd = sleep 3600\npriority = 5\n[watcher:later]\ncmd = sleep 3600\nautostart = False",
  });
  await daemon.client.call("stop", { waiting: true });
  await daemon.client.call("start", { waiting: true });
  await daemon.event("watcher.low.start");
  const order = (kind: string) => daemon.events.filter(({ event }) => event === kind).map(({ topic }) => topic.split(".")[1]);
  assert.deepEqual(order("stop"), ["low", "mid", "high"]);
  assert.deepEqual(order("start"), ["high", "mid", "low"]);
  assert.equal(await daemon.status("later"), "stopped");
  await daemon.client.call("start", { name: "later", waiting: true });
  assert.equal(await daemon.status("later"), "active");
});

test("warmup_delay keeps spawns apart, and a singleton stays alone", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: "[watcher:slow]\ncmd = sleep 3600\nnumprocesses = 3\nwarmup_delay = 0.2\nautostart = False\n[watcher:one]\ncmd = sleep 3600\nsingleton = True",
  });
  await daemon.client.call("start", { name: "slow", waiting: true });
  await daemon.event("watcher.slow.spawn", 3);
  const times = daemon.events.flatMap((event) => (event.event === "spawn" ? [event.payload.time] : []));
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  assert.ok(
    gaps.every((gap) => gap >= 0.1),
    `gaps of ${gaps.join(", ")} s`,
  );
  const alone = await daemon.client.call("incr", { name: "one", waiting: true });
  assert.deepEqual([alone.numprocesses, alone.singleton], [1, true]);
  await assert.rejects(daemon.client.call("set", { name: "one", options: { numprocesses: 2 } }), /[Ss]ingleton/);
  await daemon.onlyProcess("one");
});

test("max_age replaces a process, with one at a time and all its events", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:old]\ncmd = sleep 3600\nmax_age = 1\nmax_age_variance = 0" });
  const first = await daemon.onlyProcess("old");
  await daemon.event("watcher.old.spawn");
  assert.deepEqual(story(daemon, "old").slice(0, 3), ["kill", "reap", "spawn"]);
  assert.equal(isAlive(first), false);
});

test("reload sends SIGHUP where send_hup says so, and else replaces one by one or all at once", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: `[watcher:hup]\ncmd = sh ${fixture("tells-signals.sh")} told.txt TERM\nsend_hup = True
[watcher:roll]\ncmd = sleep 3600\nnumprocesses = 3\n[watcher:overlap]\ncmd = sleep 3600\nnumprocesses = 3`,
  });
  const told = daemon.dir.join("told.txt");
  await fileWith(told, /ready/);
  const pid = await daemon.onlyProcess("hup");
  await daemon.client.call("reload", { name: "hup", waiting: true });
  await fileWith(told, /HUP/);
  assert.equal(await daemon.onlyProcess("hup"), pid);
  for (const [name, limits] of [["roll", [2, 3]] as const, ["overlap", [3, 6]] as const]) {
    const before = await daemon.processes(name, 3);
    const { info } = await daemon.client.call("reload", { name, sequential: name === "roll", waiting: true });
    assert.deepEqual(info?.stopped, before);
    await daemon.event(`watcher.${name}.reload`);
    assert.deepEqual(range(daemon, name, 3), limits);
  }
});

test("stop_signal by name, stop_children and graceful_timeout decide how a process ends", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: `[watcher:named]\ncmd = sh ${fixture("tells-signals.sh")} named.txt USR1\nstop_signal = SIGUSR1
[watcher:family]\ncmd = sh ${fixture("has-children.sh")} family\nstop_children = True\ncopy_env = True
[watcher:deaf]\ncmd = sh ${fixture("tells-signals.sh")} deaf.txt HUP\ngraceful_timeout = 0.2`,
  });
  const file = (name: string) => daemon.dir.join(name);
  for (const name of ["named.txt", "family.leader", "family.child", "family.grandchild", "deaf.txt"]) await fileWith(file(name), /ready/);
  for (const name of ["named", "family", "deaf"]) await daemon.client.call("stop", { name, waiting: true });
  await daemon.event("watcher.deaf.stop");
  assert.equal(await readFile(file("named.txt"), "utf8"), "ready\nUSR1\n");
  for (const who of ["leader", "child", "grandchild"]) await fileWith(file(`family.${who}`), /^ready\nTERM/);
  const exits = daemon.events.flatMap((event) => (event.event === "reap" ? [[event.topic, event.payload.exit_code]] : []));
  assert.deepEqual(exits, [
    ["watcher.named.reap", 0],
    ["watcher.family.reap", 0],
    ["watcher.deaf.reap", -9],
  ]);
});

test("without respawn a watcher stops when its last process has ended", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:once]\ncmd = sleep 3600\nnumprocesses = 2\nrespawn = False" });
  const [first = 0, second = 0] = await daemon.pids("once");
  kill(first, "SIGKILL");
  await daemon.event("watcher.once.reap");
  assert.deepEqual([await daemon.status("once"), await daemon.pids("once")], ["active", [second]]);
  kill(second, "SIGTERM");
  await daemon.event("watcher.once.stop");
  await eventually(
    () => daemon.status("once"),
    (status) => status === "stopped",
  );
  assert.equal(daemon.count("watcher.once.spawn"), 0);
});

test("a process that keeps dying is replaced at once first and then ever more slowly, and circusd says so", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: "[watcher:crash]\ncmd = sh -c 'exit 3'\nrestart_delay = 0.3\nrestart_backoff = 4\nautostart = False\n[watcher:web]\ncmd = sleep 3600",
  });
  await daemon.client.call("start", { name: "crash" });
  await daemon.logged(/exited with code 3, young like the one before; the next starts in 1\.2 s/);
  await daemon.event("watcher.crash.reap", 3);
  assert.equal(daemon.count("watcher.crash.spawn"), 3);
  await daemon.event("watcher.crash.spawn", 4);
  const times = daemon.events.flatMap((event) =>
    event.event === "spawn" && event.topic === "watcher.crash.spawn" ? [event.payload.time] : [],
  );
  assert.ok((times[2] ?? 0) - (times[1] ?? 0) >= 0.299 && (times[3] ?? 0) - (times[2] ?? 0) >= 1.199, times.join(" "));
  await daemon.onlyProcess("web");
});

test("on_demand: a connection starts the watcher of that socket and no other", async (t) => {
  const dir = await tempDir(t);
  const watcher = (name: string) =>
    `[socket:${name}]\npath = ${dir.join(name)}\n[watcher:${name}]\ncmd = sleep 3600 $(circus.sockets.${name})\nuse_sockets = True\non_demand = True\n`;
  const daemon = await Daemon.start(t, { dir, ini: `${watcher("one")}${watcher("two")}`.replaceAll("sleep 3600 ", "sh -c 'sleep 3600' ") });
  assert.deepEqual([await daemon.status("one"), await daemon.status("two")], ["stopped", "stopped"]);
  const client = connect(dir.join("two"));
  client.on("error", () => undefined);
  t.after(() => client.destroy());
  await once(client, "connect");
  await daemon.event("watcher.two.start");
  assert.deepEqual([await daemon.status("one"), await daemon.status("two")], ["stopped", "active"]);
});

test("set applies each option in its own way: at once, by filling up, or by a reload", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600" });
  const set = (options: Record<string, unknown>) => daemon.client.send("set", { name: "web", options, waiting: true });
  const before = await daemon.onlyProcess("web");
  assert.equal((await set({ graceful_timeout: 5, warmup_delay: 0, "hooks.after_stop": "exec:/bin/true" })).reply["status"], "ok");
  await daemon.event("watcher.web.updated", 3);
  assert.equal(await daemon.onlyProcess("web"), before);
  await set({ numprocesses: 2 });
  assert.ok((await daemon.pids("web")).includes(before));
  await set({ numprocesses: 1 });
  for (const [options, shows] of [
    [{ cmd: "sleep", args: "3601" }, (pid: number) => commandOf(pid).join(" ") === "sleep 3601"],
    [{ env: { ONLY: "this" } }, (pid: number) => JSON.stringify(environmentOf(pid)) === '{"ONLY":"this"}'],
    [{ working_dir: "/" }, (pid: number) => linkOf(pid, "cwd") === "/"],
    [{ rlimit_nofile: 99 }, (pid: number) => fileLimitsOf(pid).join() === "99,99"],
  ] as const) {
    const old = await daemon.onlyProcess("web");
    assert.equal((await set(options)).reply["status"], "ok", JSON.stringify(options));
    const fresh = await daemon.onlyProcess("web");
    assert.notEqual(fresh, old);
    await eventually(() => shows(fresh), Boolean);
  }
  await set({
    cmd: "sh -c 'echo to the file; exec sleep 3600'",
    args: "",
    "stdout_stream.class": "FileStream",
    "stdout_stream.filename": daemon.dir.join("out"),
  });
  await fileWith(daemon.dir.join("out"), /to the file/);
  const last = await daemon.onlyProcess("web");
  const refused = await set({ numprocesses: 3, bogus_kind: 1, stop_signal: "NOSUCH" });
  assert.equal(refused.reply["status"], "error");
  assert.equal(await daemon.onlyProcess("web"), last);
});

test("signal reaches the processes, their children, or both with all that is below", async (t) => {
  const daemon = await Daemon.start(t, { ini: `[watcher:family]\ncmd = sh ${fixture("has-children.sh")} family\ncopy_env = True` });
  const file = (who: string) => daemon.dir.join(`family.${who}`);
  for (const who of ["leader", "child", "grandchild"]) await fileWith(file(who), /ready/);
  const pid = await daemon.onlyProcess("family");
  await daemon.client.call("signal", { name: "family", signum: "usr1" });
  await fileWith(file("leader"), /USR1/);
  await daemon.client.call("signal", { name: "family", pid, signum: "USR2", children: true });
  await fileWith(file("child"), /USR2/);
  await daemon.client.call("signal", { name: "family", pid, signum: "HUP", recursive: true });
  for (const who of ["leader", "child", "grandchild"]) await fileWith(file(who), /HUP/);
  assert.doesNotMatch(await readFile(file("leader"), "utf8"), /USR2/);
  assert.doesNotMatch(await readFile(file("grandchild"), "utf8"), /USR/);
});

/** What it gives, or null where it throws. */
function attempt<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}

test("add takes every option and starts where asked, and refuses what is taken or wrong", async (t) => {
  const daemon = await Daemon.start(t);
  const options = { numprocesses: 2, env: { A: "1" }, rlimit_nofile: 77, stop_signal: 2, copy_env: false };
  const added = await daemon.client.call("add", { name: "New One", cmd: "sleep", args: ["3600"], options, start: true, waiting: true });
  const pids = await daemon.pids("new one");
  assert.deepEqual(added.started, pids);
  assert.equal(pids.length, 2);
  for (const pid of pids) {
    // Until prlimit has made way for the program, neither is there to be read.
    await eventually(
      () => attempt(() => JSON.stringify(environmentOf(pid))),
      (text) => text === '{"A":"1"}',
    );
    await eventually(
      () => fileLimitsOf(pid).join(),
      (limits) => limits === "77,77",
    );
  }
  await assert.rejects(daemon.client.call("add", { name: "NEW ONE", cmd: "true" }), /already exist/);
  for (const wrong of [{ numprocesses: 1.5 }, { uid: true }, { env: { A: 1 } }, { "hooks.before_start": "dotted.python.name" }]) {
    await assert.rejects(daemon.client.call("add", { name: "wrong", cmd: "true", options: wrong }), JSON.stringify(wrong));
  }
  await assert.rejects(daemon.client.call("add", { name: "", cmd: "true" }));
});

test("a child in a session of its own is gone when the stop, the restart or the reload of its worker is answered", async (t) => {
  const daemon = await Daemon.start(t, { ini: `[watcher:parent]\ncmd = sh -c "setsid sleep 3611 & exec sleep 3600"\ncopy_env = True` });
  // One that ends between the list and the look is none.
  const isStranger = (pid: number) => isAlive(pid) && commandOf(pid).join(" ") === "sleep 3611";
  const strangers = () => descendants(daemon.pid).filter(isStranger);
  const one = () => eventually(strangers, (pids) => pids.length === 1);
  const [first] = await one();
  await daemon.client.call("restart", { name: "parent", waiting: true });
  const [second] = await one();
  await daemon.client.call("reload", { name: "parent", waiting: true });
  const [third] = await one();
  await daemon.client.call("stop", { name: "parent", waiting: true });
  assert.deepEqual([new Set([first, second, third]).size, strangers()], [3, []]);
});

test("umask of a changed [circus] holds for workers that start from then on; what waits for the next start is told", async (t) => {
  const daemon = await Daemon.start(t, { circus: "umask = 022", ini: "[watcher:web]\ncmd = sleep 3600" });
  const text = await readFile(daemon.dir.join("circus.ini"), "utf8");
  await daemon.dir.write("circus.ini", text.replace("umask = 022", "umask = 077\nloglevel = error"));
  await daemon.client.call("reloadconfig", { waiting: true });
  await daemon.logged(/\[circus\] has changed: loglevel take effect when circusd is started anew/);
  await daemon.client.call("restart", { name: "web", waiting: true });
  assert.deepEqual(statusOf(await daemon.onlyProcess("web"), "Umask"), ["0077"]);
});
