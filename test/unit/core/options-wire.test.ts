import test from "node:test";
import assert from "node:assert/strict";
import { defaultWatcher, presentOption, presentOptions, setOptions, watcherFromWire } from "../../../src/core/options.js";
import type { WatcherSpec } from "../../../src/core/spec.js";

const web: WatcherSpec = { ...defaultWatcher("web", "/bin/sleep"), args: "3600", numprocesses: 2 };

function refusal(options: unknown, spec = web): string {
  const result = setOptions(spec, options);
  assert.ok(!result.ok, "the options were accepted");
  return result.failure;
}

function changed(options: unknown, spec = web): { readonly spec: WatcherSpec; readonly effects: readonly string[] } {
  const result = setOptions(spec, options);
  assert.ok(result.ok, result.ok ? "" : result.failure);
  return { spec: result.value.spec, effects: result.value.changes.map(({ key, effect }) => `${key}: ${effect}`) };
}

function added(options: unknown, rest: { readonly args?: unknown } = {}): WatcherSpec {
  const result = watcherFromWire({ name: "dyn", cmd: "sleep 1", options, ...rest });
  assert.ok(result.ok, result.ok ? "" : result.failure);
  return result.value;
}

const REFUSALS: readonly (readonly [options: unknown, message: string])[] = [
  [[], "'options' property should be an object"],
  ["x", "'options' property should be an object"],
  [null, "'options' property should be an object"],
  [{ bogus: 3 }, "unknown key 'bogus'"],
  [{ use_sockets: true }, "unknown key 'use_sockets'"],
  [{ executable: "/x" }, "unknown key 'executable'"],
  [{ numproceses: 3 }, "unknown key 'numproceses': did you mean 'numprocesses'?"],
  [{ constructor: 1 }, "unknown key 'constructor'"],
  [{ numprocesses: "3" }, "'numprocesses' isn't an integer"],
  [{ numprocesses: true }, "'numprocesses' isn't an integer"],
  [{ numprocesses: 1.5 }, "'numprocesses' isn't an integer"],
  [{ max_retry: null }, "'max_retry' isn't an integer"],
  [{ max_retry: -2 }, "'max_retry' must be a number of -1 or more"],
  [{ max_age: -1 }, "'max_age' can't be negative"],
  [{ stop_signal: "TERM" }, "'stop_signal' isn't an integer"],
  [{ stop_signal: 0 }, "'stop_signal' isn't a valid signal"],
  [{ stop_signal: 65 }, "'stop_signal' isn't a valid signal"],
  [{ warmup_delay: "x" }, "'warmup_delay' isn't a number"],
  [{ graceful_timeout: "1" }, "'graceful_timeout' isn't a number"],
  [{ graceful_timeout: -1 }, "'graceful_timeout' can't be negative"],
  [{ retry_in: "x" }, "'retry_in' isn't a number"],
  [{ uid: null }, "'uid' isn't an integer or string"],
  [{ gid: [] }, "'gid' isn't an integer or string"],
  [{ send_hup: 1 }, "'send_hup' isn't a valid boolean"],
  [{ copy_env: "yes" }, "'copy_env' isn't a valid boolean"],
  [{ env: [] }, "'env' isn't a valid object"],
  [{ env: { A: 1 } }, "'A' isn't a string"],
  [{ env: { "A=B": "1" } }, "'A=B' isn't a valid variable name"],
  [{ hooks: "x" }, "'x' isn't a valid hook dict"],
  [{ hooks: { nope: "x" } }, "Unknown hook {'nope': 'x'}"],
  [{ "hooks.nope": "x" }, "Unknown hook 'nope'"],
  [
    { "hooks.before_start": "nosuch.mod" },
    'Cannot use hook "nosuch.mod": this is a Python name; port the function to JavaScript and write ./hooks.js:mod, or run a program with exec:/path/to/mod',
  ],
  [{ stdout_stream: {} }, "'stdout_stream' must have a 'class' key"],
  [{ stderr_stream: [] }, "'stderr_stream' isn't a valid object"],
  [{ "stderr_stream.max_bytes": 3 }, "'stderr_stream' must have a 'class' key"],
  [{ stdout_stream: { class: "FileStream" } }, 'Cannot use stdout_stream.class "FileStream": set stdout_stream.filename too'],
  [{ stdout_stream: { class: "FileStreem" } }, 'Cannot use stdout_stream.class "FileStreem": did you mean "FileStream"?'],
  [
    { stdout_stream: { class: "FileStream", filename: "x", max_bytes: "1GB" } },
    'Cannot use stdout_stream.max_bytes "1GB": expected an integer of 0 or more',
  ],
  [{ rlimit_nofile: "a" }, "'a' rlimit value isn't a valid int"],
  [{ rlimit_nofile: true }, "True rlimit value isn't a valid int"],
  [{ rlimit_bogus: 1 }, "'rlimit_bogus' isn't a valid rlimit setting"],
  [{ rlimit_nofiles: 1 }, "'rlimit_nofiles' isn't a valid rlimit setting: did you mean 'rlimit_nofile'?"],
  [{ rlimit_constructor: 1 }, "'rlimit_constructor' isn't a valid rlimit setting"],
  [{ cmd: 3 }, "'cmd' isn't a string"],
  [{ cmd: " " }, "'cmd' can't be empty"],
  [{ cmd: "a\0b" }, "'cmd' can't contain a NUL byte"],
  [{ args: {} }, "'args' isn't a string or a list of strings"],
  [{ singleton: true }, "Singleton watcher has a single process"],
];

for (const [options, message] of REFUSALS) {
  test(`setOptions() refuses ${JSON.stringify(options)}`, () => {
    assert.equal(refusal(options), message);
  });
}

test("setOptions() refuses a second process of a singleton", () => {
  assert.equal(refusal({ numprocesses: 2 }, { ...web, singleton: true, numprocesses: 1 }), "Singleton watcher has a single process");
});

test("setOptions() looks at the outcome, so that singleton may be lifted together with a new number", () => {
  const { spec } = changed({ numprocesses: 3, singleton: false }, { ...web, singleton: true, numprocesses: 1 });
  assert.equal(spec.numprocesses, 3);
});

test("setOptions() changes nothing when one of several options is refused", () => {
  assert.equal(refusal({ numprocesses: 7, bogus: 1 }), "unknown key 'bogus'");
  assert.equal(web.numprocesses, 2);
});

test("setOptions() accepts an empty object and changes nothing", () => {
  assert.deepEqual(changed({}), { spec: web, effects: [] });
});

test("setOptions() lifts a negative number of processes to 0", () => {
  assert.equal(changed({ numprocesses: -3 }).spec.numprocesses, 0);
});

const EFFECTS: readonly (readonly [options: Readonly<Record<string, unknown>>, expected: Partial<WatcherSpec>, effect: string])[] = [
  [{ numprocesses: 5 }, { numprocesses: 5 }, "manage"],
  [{ respawn: false }, { respawn: false }, "manage"],
  [{ max_retry: 9 }, { maxRetry: 9 }, "none"],
  [{ graceful_timeout: 10 }, { gracefulTimeout: 10 }, "none"],
  [{ warmup_delay: 0.5 }, { warmupDelay: 0.5 }, "none"],
  [{ send_hup: true }, { sendHup: true }, "none"],
  [{ stop_children: true }, { stopChildren: true }, "none"],
  [{ stop_signal: 10 }, { stopSignal: { number: 10, name: "SIGUSR1" } }, "none"],
  [{ restart_max_delay: 5 }, { restartMaxDelay: 5 }, "none"],
  [{ cmd: "/bin/true" }, { cmd: "/bin/true" }, "reload"],
  [{ args: ["a b", 3] }, { args: ["a b", "3"] }, "reload"],
  [{ working_dir: "/" }, { workingDir: "/" }, "reload"],
  [{ uid: 0 }, { uid: 0 }, "reload"],
  [{ gid: "daemon" }, { gid: "daemon" }, "reload"],
  [{ shell: true }, { shell: true }, "reload"],
  [{ env: { A: " 1 " } }, { env: { A: "1" } }, "reload"],
  [{ copy_env: true }, { copyEnv: true }, "reload"],
  [{ close_child_stdin: false }, { closeChildStdin: false }, "reload"],
  [{ max_age: 1000 }, { maxAge: 1000 }, "reload"],
  [{ rlimit_nofile: 400 }, { limits: { nofile: 400 } }, "reload"],
  [{ rlimit_NOFILE: null }, { limits: { nofile: "infinity" } }, "reload"],
  [{ rlimit_core: -1 }, { limits: { core: "infinity" } }, "reload"],
  [{ retry_in: 3 }, { freeForm: { retry_in: 3 } }, "none"],
  [{ "hooks.before_start": "./h.js:go, true" }, { hooks: { before_start: { target: "./h.js:go", ignoreFailure: true } } }, "hooks"],
];

for (const [options, expected, effect] of EFFECTS) {
  test(`setOptions() takes ${JSON.stringify(options)} with the effect "${effect}"`, () => {
    const key = Object.keys(options).join();
    assert.deepEqual(changed(options), { spec: { ...web, ...expected }, effects: [`${key}: ${effect}`] });
  });
}

test("setOptions() names each hook of an object on its own", () => {
  const { spec, effects } = changed({ hooks: { before_start: "exec:/bin/true", after_stop: ["./h.js:bye", true] } });
  assert.deepEqual(spec.hooks, {
    before_start: { target: "exec:/bin/true", ignoreFailure: false },
    after_stop: { target: "./h.js:bye", ignoreFailure: true },
  });
  assert.deepEqual(effects, ["hooks.before_start: hooks", "hooks.after_stop: hooks"]);
});

test("setOptions() takes a hook away when it is set to nothing", () => {
  const spec: WatcherSpec = { ...web, hooks: { before_start: { target: "./h.js:go", ignoreFailure: false } } };
  assert.deepEqual(changed({ "hooks.before_start": "" }, spec).spec.hooks, {});
});

test("setOptions() replaces processes when they get their first stream, and switches a stream they have", () => {
  const first = changed({ "stdout_stream.max_bytes": 10, "stdout_stream.filename": "/tmp/a" });
  assert.deepEqual(first.spec.stdoutStream, { class: "FileStream", options: { max_bytes: 10, filename: "/tmp/a" } });
  assert.deepEqual(first.effects, ["stdout_stream.max_bytes: reload", "stdout_stream.filename: reload"]);
  const second = changed({ "stdout_stream.filename": "/tmp/b" }, first.spec);
  assert.deepEqual(second.spec.stdoutStream, { class: "FileStream", options: { max_bytes: 10, filename: "/tmp/b" } });
  assert.deepEqual(second.effects, ["stdout_stream.filename: stream"]);
});

test("setOptions() changes a free-form option that the watcher has", () => {
  const spec: WatcherSpec = { ...web, freeForm: { "flapping.attempts": "2" } };
  assert.deepEqual(changed({ "flapping.attempts": 5 }, spec).spec.freeForm, { "flapping.attempts": 5 });
});

test("watcherFromWire() takes every option that a file may hold", () => {
  const spec = added({
    numprocesses: 2,
    env: { A: "b" },
    copy_env: true,
    use_sockets: true,
    stdin_socket: "Web",
    executable: "/bin/sleep",
    rlimit_nofile: 300,
    stdout_stream: { class: "circus.stream.StdoutStream", refresh_time: 0.3 },
    hooks: { before_start: "./h.js:go" },
  });
  assert.deepEqual(spec, {
    ...defaultWatcher("dyn", "sleep 1"),
    numprocesses: 2,
    env: { A: "b" },
    copyEnv: true,
    useSockets: true,
    stdinSocket: "web",
    executable: "/bin/sleep",
    limits: { nofile: 300 },
    stdoutStream: { class: "StdoutStream", options: {} },
    hooks: { before_start: { target: "./h.js:go", ignoreFailure: false } },
  });
});

test("watcherFromWire() keeps a list of arguments as a list", () => {
  assert.deepEqual(added(undefined, { args: ["a b", "$(circus.wid)"] }).args, ["a b", "$(circus.wid)"]);
});

const BAD_WATCHERS: readonly (readonly [given: Parameters<typeof watcherFromWire>[0], message: string])[] = [
  [{ name: "", cmd: "x" }, "message invalid 'name' is empty"],
  [{ name: 3, cmd: "x" }, "'name' isn't a string"],
  [{ name: "x", cmd: "" }, "message invalid 'cmd' is empty"],
  [{ name: "x", cmd: "y", options: [] }, "'options' property should be an object"],
  [{ name: "x", cmd: "y", options: { bogus: 1 } }, "unknown key 'bogus'"],
  [{ name: "x", cmd: "y", options: { singleton: true, numprocesses: 3 } }, "Cannot have 3 processes with a singleton watcher"],
  [{ name: "x", cmd: "y", args: 3 }, "'args' isn't a string or a list of strings"],
];

for (const [given, message] of BAD_WATCHERS) {
  test(`watcherFromWire() refuses ${JSON.stringify(given)}`, () => {
    const result = watcherFromWire(given);
    assert.ok(!result.ok);
    assert.equal(result.failure, message);
  });
}

test("presentOptions() shows what Circus shows, in its types and order", () => {
  const shown = presentOptions({
    ...web,
    workingDir: "/tmp",
    args: "3600",
    freeForm: { custom_option: "hello" },
    limits: { nofile: 500, core: "infinity" },
  });
  const circus = {
    args: "3600",
    close_child_stderr: false,
    close_child_stdin: true,
    close_child_stdout: false,
    cmd: "/bin/sleep",
    copy_env: false,
    custom_option: "hello",
    env: {},
    executable: null,
    gid: null,
    graceful_timeout: 30,
    max_age: 0,
    max_age_variance: 30,
    max_retry: 5,
    numprocesses: 2,
    on_demand: false,
    priority: 0,
    respawn: true,
    send_hup: false,
    shell: false,
    shell_args: null,
    singleton: false,
    stderr_stream_conf: {},
    stdout_stream_conf: {},
    stop_children: false,
    stop_signal: 15,
    uid: null,
    use_sockets: false,
    warmup_delay: 0,
    working_dir: "/tmp",
  };
  const subset = Object.fromEntries(Object.entries(shown).filter(([name]) => name in circus));
  assert.deepEqual(subset, circus);
  assert.deepEqual(Object.keys(subset), Object.keys(circus));
  assert.deepEqual([shown["rlimit_nofile"], shown["rlimit_core"], "__name__" in shown], [500, null, false]);
});

test("presentOptions() shows a stream's configuration without its class, and besides as it can be set", () => {
  const shown = presentOptions({ ...web, stdoutStream: { class: "FileStream", options: { filename: "/x", max_bytes: "10" } } });
  assert.deepEqual(shown["stdout_stream_conf"], { filename: "/x", max_bytes: "10" });
  assert.deepEqual(shown["stdout_stream"], { class: "FileStream", filename: "/x", max_bytes: "10" });
});

test("presentOption() finds one option by the name that set takes", () => {
  const spec = {
    ...web,
    hooks: { before_start: { target: "./hooks.js:check", ignoreFailure: true } },
    stdoutStream: { class: "FileStream", options: { filename: "/x" } },
  };
  assert.equal(presentOption(spec, "numprocesses"), web.numprocesses);
  assert.equal(presentOption(spec, "hooks.before_start"), "./hooks.js:check,true");
  assert.equal(presentOption(spec, "stdout_stream.class"), "FileStream");
  assert.equal(presentOption(spec, "stdout_stream.filename"), "/x");
  for (const unknown of ["hooks.after_stop", "stdout_stream.color", "stderr_stream.class", "env.PATH", "toString", "hooks."]) {
    assert.equal(presentOption(spec, unknown), undefined, unknown);
  }
});

test("presentOptions() shows where a watcher without a directory runs", () => {
  assert.equal(presentOptions(web, "/srv")["working_dir"], "/srv");
});
