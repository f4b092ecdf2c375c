import assert from "node:assert/strict";
import test from "node:test";
import { planSpawn, socketsNeeded, type SpawnRequest } from "../../../src/arbiter/spawn-plan.js";
import type { SpawnFailure, SpawnPlan } from "../../../src/core/ports.js";
import { fail } from "../../../src/core/result.js";
import type { WatcherSpec } from "../../../src/core/spec.js";
import { watcherSpec } from "../../helpers/spec.js";

const DAEMON = { env: { HOME: "/root", PATH: "/usr/bin" }, dir: "/srv", findVirtualenv: () => fail("none here") };
const BOUND = ["api", "logs", "web"];

function request(fields: Partial<WatcherSpec>, rest: Partial<SpawnRequest> = {}): SpawnRequest {
  const spec = watcherSpec(fields);
  const sockets = socketsNeeded(spec, BOUND).map((name) => ({ name, fd: 20 + BOUND.indexOf(name) }));
  return { spec, wid: 7, daemon: DAEMON, sockets, stdout: { kind: "inherit" }, stderr: { kind: "inherit" }, ...rest };
}

function plan(fields: Partial<WatcherSpec>, rest: Partial<SpawnRequest> = {}): SpawnPlan {
  const planned = planSpawn(request(fields, rest));
  assert.ok(planned.ok, planned.ok ? "" : planned.failure.message);
  return planned.value;
}

function refusal(fields: Partial<WatcherSpec>): SpawnFailure {
  const planned = planSpawn(request(fields));
  assert.ok(!planned.ok, "a plan was made");
  return planned.failure;
}

const COMMANDS: readonly (readonly [title: string, fields: Partial<WatcherSpec>, argv: readonly string[]])[] = [
  ["splits cmd as a shell would", { cmd: `prog 'a b' "c \\" d" e\\ f ''` }, ["prog", "a b", 'c " d', "e f", ""]],
  ["appends args that are a string, split", { cmd: "prog x", args: "-a 'b c'" }, ["prog", "x", "-a", "b c"]],
  ["appends args that are a list as they stand", { cmd: "prog", args: ["b c", "$(circus.wid)"] }, ["prog", "b c", "7"]],
  ["takes the program from args where cmd is empty", { cmd: "", args: "sleep 1" }, ["sleep", "1"]],
  ["puts variables in before it splits", { cmd: "prog $(circus.env.opts)", env: { OPTS: "-a -b" } }, ["prog", "-a", "-b"]],
  ["knows a watcher's options", { cmd: "p $(circus.numprocesses) ((circus.STOP_SIGNAL))", numprocesses: 4 }, ["p", "4", "15"]],
  ["prints options as Python does", { cmd: "p $(circus.uid) $(circus.singleton) $(circus.shell)" }, ["p", "None", "False", "False"]],
  ["knows free-form options", { cmd: "p $(circus.role) $(circus.db.host)", freeForm: { Role: "x", db: { HOST: "y" } } }, ["p", "x", "y"]],
  ["knows limits", { cmd: "p $(circus.rlimits.nofile)", limits: { nofile: 500 } }, ["p", "500"]],
  ["takes the daemon's directory where none is set", { cmd: "p $(circus.working_dir)" }, ["p", "/srv"]],
  ["takes the directory that is set", { cmd: "p $(circus.working_dir)", workingDir: "/x" }, ["p", "/x"]],
  [
    "leaves unknown variables as they are",
    { cmd: "p $(circus.nothing) $(circus.sockets.none)" },
    ["p", "$(circus.nothing)", "$(circus.sockets.none)"],
  ],
  ["knows the old form of wid, but no longer names", { cmd: "p $WID x$WID-$WIDTH", args: "$WID" }, ["p", "7", "x7-$WIDTH", "7"]],
  ["gives cmd to the shell as text", { cmd: "echo $HOME | tr a b > x", shell: true }, ["/bin/sh", "-c", "echo $HOME | tr a b > x"]],
  ["gives args to the shell's command as data", { cmd: "echo", args: "'a b' $HOME", shell: true }, ["/bin/sh", "-c", "echo 'a b' '$HOME'"]],
  [
    "gives shell_args to the shell",
    { cmd: 'echo "$0" "$1"', shell: true, shellArgs: "x 'y $(circus.wid)'" },
    ["/bin/sh", "-c", 'echo "$0" "$1"', "x", "y 7"],
  ],
  ["ignores shell_args without shell", { cmd: "p", shellArgs: "'" }, ["p"]],
];

for (const [title, fields, argv] of COMMANDS) {
  test(`planSpawn() ${title}`, () => {
    assert.deepEqual(plan(fields).argv, argv);
  });
}

const REFUSALS: readonly (readonly [title: string, fields: Partial<WatcherSpec>, message: RegExp])[] = [
  ["an open quotation in cmd", { cmd: "echo 'x" }, /^Cannot start "web": cannot split cmd "echo 'x": a quotation mark is not closed/],
  ["an open quotation in args", { args: '"' }, /cannot split args """: a quotation mark/],
  ["an open quotation in shell_args", { shell: true, shellArgs: "'" }, /cannot split shell_args/],
  ["a backslash at the end", { cmd: "echo \\" }, /nothing follows its last backslash/],
  ["an empty cmd", { cmd: "  " }, /cmd is empty/],
  ["an empty program", { cmd: "'' x" }, /cmd is empty/],
  ["an empty script", { cmd: " ", shell: true }, /cmd is empty/],
  ["a NUL byte in an argument", { args: ["a\0b"] }, /the argument "a\\u0000b" holds a NUL byte/],
  ["a NUL byte in a variable", { env: { A: "\0" } }, /the environment variable "A" holds a NUL byte/],
  ["a name that no variable can have", { env: { "A=B": "" } }, /"A=B" cannot be the name/],
  ["copy_path without copy_env", { copyPath: true }, /"copy_path" works only together with "copy_env = True"/],
  ["virtualenv without copy_env", { virtualenv: "/venv" }, /"virtualenv" works only together/],
  ["a virtualenv that is not there", { virtualenv: "/venv", copyEnv: true }, /^Cannot start "web": none here$/],
];

for (const [title, fields, message] of REFUSALS) {
  test(`planSpawn() refuses ${title}`, () => {
    const failure = refusal(fields);
    assert.equal(failure.stage, "command");
    assert.match(failure.message, message);
  });
}

const SOCKETS: readonly (readonly [title: string, fields: Partial<WatcherSpec>, needed: readonly string[]])[] = [
  ["none, where a watcher names none", { cmd: "p" }, []],
  ["those named in cmd, args, shell_args and env", { cmd: "p $(circus.sockets.WEB)", args: ["((circus.sockets.api))"] }, ["api", "web"]],
  ["those named in shell_args", { shell: true, shellArgs: "$(circus.sockets.logs)" }, ["logs"]],
  ["those named in env", { env: { FD: "$(circus.sockets.logs)" } }, ["logs"]],
  ["the named alone also with use_sockets", { cmd: "p $(circus.sockets.web)", useSockets: true }, ["web"]],
  ["all, with use_sockets and no name", { useSockets: true }, BOUND],
  ["the stdin_socket, in any case", { stdinSocket: "Web", useSockets: true }, ["web"]],
  ["no socket that does not exist", { cmd: "p $(circus.sockets.none)" }, []],
];

for (const [title, fields, needed] of SOCKETS) {
  test(`socketsNeeded() names ${title}`, () => {
    assert.deepEqual(socketsNeeded(watcherSpec(fields), BOUND), needed);
  });
}

test("socketsNeeded() names the socket of a helper also where it is not bound, so that the helper is not started without", () => {
  const helper = { name: "circushttpd", cmd: "p", args: ["--fd", "$(circus.sockets.circushttpd)"], internal: true };
  assert.deepEqual(socketsNeeded(watcherSpec(helper), BOUND), ["circushttpd"]);
  assert.deepEqual(socketsNeeded(watcherSpec(helper), []), ["circushttpd"]);
  assert.deepEqual(socketsNeeded(watcherSpec(helper), ["circushttpd"]), ["circushttpd"]);
  assert.deepEqual(socketsNeeded(watcherSpec({ ...helper, internal: false }), BOUND), [], "what others name is left as it is");
});

test("planSpawn() numbers the passed sockets from 3 and puts the numbers in", () => {
  const planned = plan({ cmd: "p $(circus.sockets.web) $(circus.sockets.api)", env: { FD: "$(circus.sockets.web)" } });
  assert.deepEqual(planned.sockets, [
    { name: "api", fd: 20 },
    { name: "web", fd: 22 },
  ]);
  assert.deepEqual(planned.argv, ["p", "4", "3"]);
  assert.deepEqual(planned.env, { FD: "4" });
});

test("planSpawn() gives the stdin_socket as 0, and passes it again only where it is named", () => {
  const alone = plan({ stdinSocket: "web" });
  assert.deepEqual([alone.stdin, alone.sockets], [{ kind: "socket", fd: 22 }, []]);
  const named = plan({ cmd: "p $(circus.sockets.web)", stdinSocket: "web" });
  assert.deepEqual([named.stdin, named.sockets, named.argv], [{ kind: "socket", fd: 22 }, [{ name: "web", fd: 22 }], ["p", "3"]]);
});

test("planSpawn() says which stdin_socket is missing", () => {
  const failure = refusal({ stdinSocket: "fcgi" });
  assert.equal(failure.stage, "sockets");
  assert.match(failure.message, /stdin_socket "fcgi" is no configured socket/);
});

test("planSpawn() gives the configured environment alone", () => {
  assert.deepEqual(plan({ env: { A: "1" } }).env, { A: "1" });
});

test("planSpawn() puts the daemon's environment under it with copy_env, and leaves its values as they are", () => {
  const daemon = { ...DAEMON, env: { A: "$(circus.wid)", B: "$(circus.wid)" } };
  assert.deepEqual(plan({ env: { B: "w$(circus.wid)" }, copyEnv: true }, { daemon }).env, { A: "$(circus.wid)", B: "w7" });
});

test("planSpawn() puts a virtualenv before PATH and its packages into PYTHONPATH", () => {
  const found = { ok: true, value: { bin: "/venv/bin", packages: ["/src/lib"], sitePackages: "/venv/site" } } as const;
  const daemon = { ...DAEMON, env: { PATH: "/usr/bin", PYTHONPATH: "/mine" }, findVirtualenv: () => found };
  assert.deepEqual(plan({ virtualenv: "/venv", copyEnv: true, copyPath: true }, { daemon }).env, {
    PATH: "/venv/bin:/usr/bin",
    PYTHONPATH: "/src/lib:/mine:/venv/site",
  });
});

test("planSpawn() closes what close_child_* says, and hands on the rest", () => {
  const open = plan({ closeChildStdin: false, uid: "www", limits: { core: "infinity" }, executable: "/bin/x" });
  assert.deepEqual([open.stdin, open.stdout, open.stderr], [{ kind: "inherit" }, { kind: "inherit" }, { kind: "inherit" }]);
  assert.deepEqual([open.watcher, open.wid, open.uid, open.executable, open.workingDir], ["web", 7, "www", "/bin/x", null]);
  const closed = plan({ closeChildStdout: true, closeChildStderr: true });
  assert.deepEqual([closed.stdin, closed.stdout, closed.stderr], [{ kind: "null" }, { kind: "null" }, { kind: "null" }]);
});
