import assert from "node:assert/strict";
import { closeSync, openSync, readdirSync } from "node:fs";
import test from "node:test";
import type { SpawnPlan } from "../../../src/core/ports.js";
import { fail } from "../../../src/core/result.js";
import { loadNative } from "../../../src/os/native.js";
import { Spawner } from "../../../src/os/spawn.js";
import { PLAIN, keep, setUp, until } from "../../helpers/processes.js";
import { tempDir } from "../../helpers/temp.js";

const ROOT = process.geteuid?.() === 0;
const openFiles = (): number => readdirSync("/proc/self/fd").length;

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

test(
  "a worker runs as its user, with that user's groups and no way back",
  { skip: ROOT ? false : "only root may change identities" },
  async (t) => {
    const stage = setUp(t);
    const written = await stage.output({ argv: ["cat", "/proc/self/status"], uid: "nobody" });
    assert.match(written, /^Uid:\t65534\t65534\t65534\t65534$/m);
    assert.match(written, /^Gid:\t(\d+)\t\1\t\1\t\1$/m);
    assert.match(written, /^Groups:\t\d+ $/m);
    assert.match(written, /^CapEff:\t0+$/m);
    assert.match(written, /^CapPrm:\t0+$/m);
    assert.deepEqual([process.geteuid?.(), process.getegid?.(), process.getuid?.()], [0, 0, 0]);
  },
);

test("a group alone changes the group alone", { skip: ROOT ? false : "only root may change identities" }, async (t) => {
  const stage = setUp(t);
  const written = await stage.output({ argv: ["cat", "/proc/self/status"], gid: "65534" });
  assert.match(written, /^Uid:\t0\t/m);
  assert.match(written, /^Gid:\t65534\t65534\t65534\t/m);
});

test("a user without an entry needs a group", { skip: ROOT ? false : "only root may change identities" }, async (t) => {
  const stage = setUp(t);
  const refused = await stage.attempt({ uid: 54321 });
  assert.ok(!refused.ok);
  assert.match(refused.failure.message, /set "gid" too$/);
  const written = await stage.output({ argv: ["cat", "/proc/self/status"], uid: 54321, gid: 54322 });
  assert.match(written, /^Uid:\t54321\t54321\t54321\t[^]*^Gid:\t54322\t[^]*^Groups:\t54322 $/m);
});

test(
  "what the worker's user may not enter or execute is told as such",
  { skip: ROOT ? false : "only root may change identities" },
  async (t) => {
    const stage = setUp(t);
    const dir = await tempDir(t);
    const own = await dir.write("own", "#!/bin/sh\n", 0o700);
    const closed = await stage.attempt({ uid: "nobody", argv: [own] });
    const entered = await stage.attempt({ uid: "nobody", workingDir: dir.path });
    assert.ok(!closed.ok && !entered.ok);
    assert.deepEqual(
      [closed.failure.stage, closed.failure.code, entered.failure.stage, entered.failure.code],
      ["exec", "EACCES", "cwd", "EACCES"],
    );
  },
);
