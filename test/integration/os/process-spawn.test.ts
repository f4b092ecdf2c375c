import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync } from "node:fs";
import { chmod } from "node:fs/promises";
import test from "node:test";
import { Worker } from "node:worker_threads";
import type { SpawnPlan } from "../../../src/core/ports.js";
import { fail } from "../../../src/core/result.js";
import { loadNative } from "../../../src/os/native.js";
import { Spawner } from "../../../src/os/spawn.js";
import { PLAIN, keep, setUp, until } from "../../helpers/processes.js";
import { tempDir } from "../../helpers/temp.js";

const ROOT = process.geteuid?.() === 0;
const openFiles = (): number => readdirSync("/proc/self/fd").length;

/** Tells all ids that any thread of this process was seen with, from a thread that does nothing else. */
const WATCHES_IDS = `
const { readdirSync, readFileSync } = require("node:fs");
const { parentPort, receiveMessageOnPort } = require("node:worker_threads");
const seen = new Set();
const look = () => {
  for (const thread of readdirSync("/proc/self/task")) {
    try {
      seen.add(/^Uid:\\t(.*)$/m.exec(readFileSync("/proc/self/task/" + thread + "/status", "latin1"))[1]);
    } catch {}
  }
};
look();
parentPort.postMessage("watching");
while (receiveMessageOnPort(parentPort) === undefined) look();
parentPort.postMessage([...seen]);
`;

test("a worker gets exactly the environment of its plan", async (t) => {
  const stage = setUp(t);
  const written = await stage.output({ argv: ["env"], env: { B: "2", "a.b": "x=y", EMPTY: "", Ü: "ö" } });
  assert.deepEqual(written.trim().split("\n").sort(), ["B=2", "EMPTY=", "a.b=x=y", "Ü=ö"].sort());
});

test("an empty environment still finds programs in the usual places", async (t) => {
  const stage = setUp(t);
  assert.equal(await stage.output({ argv: ["env"], env: {} }), "");
});

test("a program is searched in the worker's PATH and not in ours", async (t) => {
  const stage = setUp(t);
  const dir = await tempDir(t);
  await dir.write("greet", "#!/bin/sh\necho hello $1\n", 0o755);
  assert.equal(await stage.output({ argv: ["greet", "you"], env: { PATH: `/nowhere:${dir.path}` } }), "hello you\n");
});

test("a worker starts in its directory, and a relative program is found from there", async (t) => {
  const stage = setUp(t);
  const dir = await tempDir(t);
  await dir.write("bin/where", "#!/bin/sh\npwd -P\n", 0o755);
  assert.equal(await stage.output({ argv: ["bin/where"], workingDir: dir.path }), `${dir.path}\n`);
});

test("argv[0] is what the plan says where an executable is given", async (t) => {
  const stage = setUp(t);
  const written = await stage.output({ argv: ["my-name", "-c", 'echo "$0"; tr "\\0" " " < /proc/$$/cmdline'], executable: "/bin/sh" });
  assert.match(written, /^my-name\nmy-name -c /);
});

test("stdin is at its end, inherited or the given socket", async (t) => {
  const stage = setUp(t);
  const dir = await tempDir(t);
  const fd = openSync(await dir.write("input", "from the socket"), "r");
  t.after(() => closeSync(fd));
  assert.equal(await stage.output({ argv: ["cat"] }), "");
  assert.equal(await stage.output({ argv: ["cat"], stdin: { kind: "socket", fd } }), "from the socket");
});

test("stdout and stderr go to their own channels, each told who writes", async (t) => {
  const stage = setUp(t);
  const [out, err] = [keep(), keep()];
  const met: unknown[] = [];
  const plan =
    out.plan.kind === "channel"
      ? { ...out.channel, attach: (fd: number, meta: unknown) => (met.push(meta), out.channel.attach(fd, { pid: 0, wid: 0, watcher: "" })) }
      : null;
  assert.ok(plan !== null);
  const puppet = await stage.start({
    argv: ["sh", "-c", "echo out; echo err >&2"],
    wid: 7,
    stdout: { kind: "channel", channel: plan },
    stderr: err.plan,
  });
  assert.deepEqual([await out.text(), await err.text()], ["out\n", "err\n"]);
  assert.deepEqual(met, [{ pid: puppet.pid, wid: 7, watcher: "web" }]);
});

test("a worker leads a session of its own", async (t) => {
  const stage = setUp(t);
  const written = await stage.output({ argv: ["cat", "/proc/self/stat"] });
  const [pid, , , , group, session] = written.split(" ");
  assert.deepEqual([group, session], [pid, pid]);
});

test("a worker inherits no descriptor, no ignored signal and no blocked one", async (t) => {
  const stray = openSync("/dev/null", "r");
  t.after(() => closeSync(stray));
  const stage = setUp(t);
  const status = await stage.output({ argv: ["cat", "/proc/self/status"] });
  assert.match(status, /^SigIgn:\t0+$/m);
  assert.match(status, /^SigBlk:\t0+$/m);
  // ls itself holds the directory open as the first free number.
  assert.equal(await stage.output({ argv: ["ls", "/proc/self/fd"] }), "0\n1\n2\n3\n");
});

test("sockets stand from number 3 on in their order, also where their own numbers collide with these", async (t) => {
  const stage = setUp(t);
  const dir = await tempDir(t);
  const fds = await Promise.all(["a", "b", "c"].map(async (name) => openSync(await dir.write(name, name), "r")));
  t.after(() => fds.forEach((fd) => closeSync(fd)));
  const sockets = [...fds].reverse().map((fd, position) => ({ name: `s${position}`, fd }));
  const written = await stage.output({ argv: ["sh", "-c", "cat <&3; cat <&4; cat <&5; ls /proc/$$/fd | tr '\\n' ' '"], sockets });
  assert.match(written, /^cba0 1 2 3 4 5 /);
});

test("LISTEN_PID is the worker's own, and the environment is else as configured", async (t) => {
  const stage = setUp(t);
  const fd = openSync("/dev/null", "r");
  t.after(() => closeSync(fd));
  const kept = keep();
  const env = { PATH: "/usr/bin:/bin", PWD: "/configured", "a.b": "kept", SHLVL: "9", UID: "77", IFS: ":", SECRET: "x y" };
  const sockets = [
    { name: "web", fd },
    { name: "admin", fd },
  ];
  const puppet = await stage.start({ argv: ["env"], env, sockets, stdout: kept.plan });
  const expected = { ...env, LISTEN_FDS: "2", LISTEN_FDNAMES: "web:admin", LISTEN_PID: String(puppet.pid) };
  const lines = Object.entries(expected).map(([name, value]) => `${name}=${value}`);
  assert.deepEqual((await kept.text()).trim().split("\n").sort(), lines.sort());
});

test("each step that fails is named, with the value at fault", async (t) => {
  const stage = setUp(t);
  const dir = await tempDir(t);
  const text = await dir.write("no-shebang", "echo hi\n", 0o755);
  const plain = await dir.write("plain", "#!/bin/sh\n", 0o644);
  const orphaned = await dir.write("orphaned", "#!/no/such/interpreter -x\n", 0o755);
  const fd = openSync("/dev/null", "r");
  t.after(() => closeSync(fd));
  const sockets = [{ name: "web", fd }];
  const cases: readonly (readonly [Partial<SpawnPlan>, string, string | null, RegExp])[] = [
    [{ workingDir: "/srv/gone" }, "cwd", "ENOENT", /^Cannot start "web": no such directory "\/srv\/gone"$/],
    [{ workingDir: plain }, "cwd", "ENOTDIR", /plain" is not a directory$/],
    [{ argv: ["no-such-program"] }, "exec", "ENOENT", /no program "no-such-program" in the default PATH/],
    [{ argv: ["./gone"], workingDir: dir.path }, "exec", "ENOENT", /no such file "\.\/gone"$/],
    [{ argv: ["./gone"], workingDir: dir.path, sockets }, "exec", "ENOENT", /no such file "\.\/gone"$/],
    [{ argv: ["./gone"], workingDir: dir.path, limits: { core: 0 } }, "exec", "ENOENT", /no such file "\.\/gone"$/],
    [{ argv: [plain] }, "exec", "EACCES", /plain" is not executable/],
    [{ argv: [dir.path] }, "exec", "EACCES", /is not a file$/],
    [{ argv: [text] }, "exec", "ENOEXEC", /"#!" line missing\?$/],
    [{ argv: [text], limits: { core: 0 } }, "exec", "ENOEXEC", /"#!" line missing\?$/],
    [{ argv: [orphaned] }, "exec", "ENOENT", /no such interpreter "\/no\/such\/interpreter"/],
    [{ argv: ["a\0b"] }, "exec", "EINVAL", /NUL/],
    [{ argv: [""] }, "exec", "ENOENT", /the command is empty$/],
    [{ limits: { foo: 1 } }, "limits", "EINVAL", /unknown limit "rlimit_foo"/],
    [{ limits: { core: 1.5 } }, "limits", "EINVAL", /"rlimit_core" cannot be "1\.5"/],
    [{ uid: "no-such-user" }, "identity", null, /no such user "no-such-user"$/],
    [{ gid: "no-such-group" }, "identity", null, /no such group "no-such-group"$/],
    [{ sockets: [{ name: "web", fd: 9999 }] }, "sockets", "EBADF", /descriptor 9999/],
  ];
  const before = openFiles();
  for (const [plan, step, code, message] of cases) {
    const started = await stage.attempt({ ...plan, stdout: keep().plan, stderr: keep().plan });
    assert.ok(!started.ok, JSON.stringify(plan));
    assert.deepEqual([started.failure.stage, started.failure.code], [step, code], started.failure.message);
    assert.match(started.failure.message, message);
  }
  assert.equal(openFiles(), before);
});

test("a fork refused and pipes refused are both failures of the step fork", () => {
  const native = loadNative();
  const refused = new Spawner({ ...native, spawn: () => fail("EAGAIN") }).start(PLAIN, false);
  assert.ok(!refused.ok);
  assert.deepEqual([refused.failure.stage, refused.failure.code], ["fork", "EAGAIN"]);
  const before = openFiles();
  let pipes = 0;
  const scarce = { ...native, pipe: () => (pipes++ === 0 ? native.pipe() : fail("EMFILE")) };
  const full = new Spawner(scarce).start({ ...PLAIN, stdout: keep().plan, stderr: keep().plan }, false);
  assert.ok(!full.ok);
  assert.deepEqual([full.failure.stage, full.failure.code], ["fork", "EMFILE"]);
  assert.equal(openFiles(), before);
});

test("200 spawns that fail and succeed leave no descriptor open", async (t) => {
  const stage = setUp(t);
  const fd = openSync("/dev/null", "r");
  t.after(() => closeSync(fd));
  const once = async (round: number): Promise<void> => {
    const [out, err] = [keep(), keep()];
    const plan = { stdout: out.plan, stderr: err.plan, sockets: round % 4 === 0 ? [{ name: "web", fd }] : [] };
    const argv = round % 2 === 0 ? ["true"] : ["/no/such/program"];
    const started = await stage.attempt({ ...plan, argv });
    assert.equal(started.ok, round % 2 === 0);
    if (!started.ok) return;
    await Promise.all([out.text(), err.text(), started.value.exited]);
  };
  await once(0);
  const before = openFiles();
  for (let round = 0; round < 200; round++) await once(round);
  await until(() => openFiles() <= before);
});

test("limits are exact in bytes, soft and hard, and reach the program itself", async (t) => {
  const stage = setUp(t);
  const limits = { nofile: 123, core: 4097, as: 1_234_567_890, nproc: "infinity", ofile: 123 } as const;
  const written = await stage.output({ argv: ["cat", "/proc/self/limits"], limits: { nofile: 123, core: 4097, as: limits.as } });
  assert.match(written, /^Max open files +123 +123 /m);
  assert.match(written, /^Max core file size +4097 +4097 /m);
  assert.match(written, /^Max address space +1234567890 +1234567890 /m);
});

test("an infinite number of files means as many as there may be", async (t) => {
  const stage = setUp(t);
  const written = await stage.output({ argv: ["cat", "/proc/self/limits"], limits: { nofile: "infinity" } });
  const hard = /^Max open files +\S+ +(\S+)/m.exec(await stage.output({ argv: ["cat", "/proc/self/limits"] }))?.[1];
  assert.match(written, new RegExp(`^Max open files +${hard} +${hard} `, "m"));
});

test("limits and sockets together: the pid told is still the worker's", async (t) => {
  const stage = setUp(t);
  const fd = openSync("/dev/null", "r");
  t.after(() => closeSync(fd));
  const argv = ["sh", "-c", 'test "$LISTEN_PID" = $$ && ulimit -n'];
  assert.equal(await stage.output({ argv, sockets: [{ name: "web", fd }], limits: { nofile: 99 } }), "99\n");
});

const SKIP = { skip: ROOT ? false : "only root may change identities" };

test("a worker runs as its user, with that user's groups and no way back", SKIP, async (t) => {
  const stage = setUp(t);
  const written = await stage.output({ argv: ["cat", "/proc/self/status"], uid: "nobody" });
  const ask = (option: string): string => execFileSync("id", [option, "nobody"], { encoding: "utf8" }).trim();
  const [uid, gid] = [ask("-u"), ask("-g")];
  assert.match(written, new RegExp(`^Uid:\t${uid}\t${uid}\t${uid}\t${uid}$`, "m"));
  assert.match(written, new RegExp(`^Gid:\t${gid}\t${gid}\t${gid}\t${gid}$`, "m"));
  assert.match(written, new RegExp(`^Groups:\t${ask("-G")} $`, "m"));
  assert.match(written, /^CapPrm:\t0+\nCapEff:\t0+$/m);
});

test("limits, user and sockets together reach the program, whose pid is told", SKIP, async (t) => {
  const stage = setUp(t);
  const fd = openSync("/dev/null", "r");
  t.after(() => closeSync(fd));
  const argv = ["sh", "-c", 'test "$LISTEN_PID" = $$ && ulimit -n && id -u && echo "$LD_PRELOAD" && ls /proc/self/fd | tr "\\n" " "'];
  const written = await stage.output({ argv, sockets: [{ name: "web", fd }], limits: { nofile: 99 }, uid: 65534, gid: 65534, env: {} });
  assert.equal(written, "99\n65534\n\n0 1 2 3 4 ");
});

test("the environment of a worker with a user is as configured, also what the tools must not see", SKIP, async (t) => {
  const stage = setUp(t);
  const env = { PATH: "/usr/bin:/bin", LD_LIBRARY_PATH: "/nowhere", LANGUAGE: "C", HOME: "/x", "a.b": "kept", LISTEN_FDS: "7" };
  const written = await stage.output({ argv: ["env"], uid: "nobody", env });
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  assert.deepEqual(written.trim().split("\n").sort(), lines.sort());
});

test("no thread of circusd changes its ids while it starts workers as another user", SKIP, async (t) => {
  const stage = setUp(t);
  const watch = new Worker(WATCHES_IDS, { eval: true });
  const seen = new Promise<unknown>((resolve) => watch.on("message", (message) => message !== "watching" && resolve(message)));
  await once(watch, "message");
  for (let round = 0; round < 20; round++) await stage.output({ uid: "nobody", limits: { core: 0 } });
  watch.postMessage("enough");
  assert.deepEqual(await seen, ["0\t0\t0\t0"]);
  await watch.terminate();
});

test("a group alone changes the group alone", SKIP, async (t) => {
  const stage = setUp(t);
  const written = await stage.output({ argv: ["cat", "/proc/self/status"], gid: "65534" });
  assert.match(written, /^Uid:\t0\t/m);
  assert.match(written, /^Gid:\t65534\t65534\t65534\t/m);
});

test("the user and group of circusd itself need no tool", SKIP, () => {
  const native = loadNative();
  const started: string[] = [];
  const spawner = new Spawner({ ...native, spawn: ({ path }) => (started.push(path), fail("EAGAIN")) });
  spawner.start({ ...PLAIN, uid: "root", gid: 0 }, false);
  spawner.start({ ...PLAIN, uid: "nobody" }, false);
  assert.match(started.join(" "), /\/true \S+\/setpriv$/);
});

test("a user without an entry needs a group", SKIP, async (t) => {
  const stage = setUp(t);
  const refused = await stage.attempt({ uid: 54321 });
  assert.ok(!refused.ok);
  assert.match(refused.failure.message, /set "gid" too$/);
  const written = await stage.output({ argv: ["cat", "/proc/self/status"], uid: 54321, gid: 54322 });
  assert.match(written, /^Uid:\t54321\t54321\t54321\t[^]*^Gid:\t54322\t[^]*^Groups:\t54322 $/m);
});

test("what the worker's user may not execute is told as such", SKIP, async (t) => {
  const stage = setUp(t);
  const dir = await tempDir(t);
  const own = await dir.write("own", "#!/bin/sh\n", 0o700);
  await chmod(dir.path, 0o711);
  const inside = await dir.write("closed/run", "#!/bin/sh\n", 0o755);
  await chmod(dir.join("closed"), 0o700);
  const script = await dir.write("script", `#!${inside}\n`, 0o755);
  const text = await dir.write("no-shebang", "echo hi\n", 0o755);
  const cases: readonly (readonly [Partial<SpawnPlan>, string, RegExp])[] = [
    [{ argv: [own] }, "EACCES", /user "nobody" may not execute "\S+own": check owner and mode of the file$/],
    [{ argv: ["own"], env: { PATH: dir.path } }, "EACCES", /user "nobody" may not execute "\S+own"/],
    [{ argv: [inside] }, "EACCES", /: the directory "\S+closed" may not be entered$/],
    [{ argv: ["./run"], workingDir: dir.join("closed") }, "EACCES", /"\.\/run": the directory "\S+closed" may not be entered$/],
    [{ argv: [script] }, "EACCES", /"\S+closed" may not be entered, which the first line of "\S+script" names$/],
    [{ argv: [text] }, "ENOEXEC", /"#!" line missing\?$/],
  ];
  for (const [plan, code, message] of cases) {
    const started = await stage.attempt({ ...plan, uid: "nobody" });
    assert.ok(!started.ok, JSON.stringify(plan));
    assert.deepEqual([started.failure.stage, started.failure.code], ["exec", code], started.failure.message);
    assert.match(started.failure.message, message);
  }
});

test("the directory of a worker is entered before it becomes its user", SKIP, async (t) => {
  const stage = setUp(t);
  const dir = await tempDir(t);
  await chmod(dir.path, 0o700);
  assert.equal(await stage.output({ argv: ["readlink", "/proc/self/cwd"], workingDir: dir.path, uid: "nobody" }), `${dir.path}\n`);
});
