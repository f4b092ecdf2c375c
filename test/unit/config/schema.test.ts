import test from "node:test";
import assert from "node:assert/strict";
import { formatDiagnostic, inOrder } from "../../../src/config/diagnose.js";
import { mergeSections, parseIni } from "../../../src/config/ini.js";
import { type LoadedFiles, readSections } from "../../../src/config/schema.js";
import { ARBITER_DEFAULTS, defaultSocket, defaultWatcher } from "../../../src/core/options.js";
import type { SocketSpec, WatcherSpec } from "../../../src/core/spec.js";

const ENVIRONMENT = { PATH: "/bin", HOME: "/home/me", SHELL: "/bin/sh" };

function load(text: string): LoadedFiles {
  const world = { environment: ENVIRONMENT, sockets: ["handed"], resolvePath: (path: string) => `/conf/${path.replace(/^\.\//, "")}` };
  return readSections(mergeSections(parseIni(text, "circus.ini").sections), world);
}

function told(text: string): readonly string[] {
  return inOrder(load(text).diagnostics, ["circus.ini"]).map(formatDiagnostic);
}

/** The one watcher of a file in which nothing is wrong. */
function watcher(lines: string, others = ""): WatcherSpec {
  const { config, diagnostics } = load(`[watcher:web]\ncmd = run\n${lines}\n${others}`);
  assert.deepEqual(diagnostics.map(formatDiagnostic), []);
  const [spec] = config.watchers;
  assert.ok(spec !== undefined);
  return spec;
}

function socket(lines: string): SocketSpec {
  const { config, diagnostics } = load(`[socket:Web]\n${lines}`);
  assert.deepEqual(diagnostics.map(formatDiagnostic), []);
  const [spec] = config.sockets;
  assert.ok(spec !== undefined);
  return spec;
}

const PLAIN: WatcherSpec = { ...defaultWatcher("web", "run"), args: "" };

const WATCHERS: readonly (readonly [lines: string, expected: Partial<WatcherSpec>])[] = [
  ["", {}],
  ["args = -u x.py $(circus.wid)", { args: "-u x.py $(circus.wid)" }],
  ["numprocesses = 5", { numprocesses: 5 }],
  ["warmup_delay = 2", { warmupDelay: 2 }],
  ["executable = /bin/sleep", { executable: "/bin/sleep" }],
  ["working_dir = $(circus.env.home)/x", { workingDir: "/home/me/x" }],
  ["shell = on\nshell_args = -x", { shell: true, shellArgs: "-x" }],
  ["uid = www-data\ngid = 33", { uid: "www-data", gid: 33 }],
  ["send_hup = 1", { sendHup: true }],
  ["stop_signal = quit", { stopSignal: { number: 3, name: "SIGQUIT" } }],
  ["stop_children = yes", { stopChildren: true }],
  ["max_retry = -1", { maxRetry: -1 }],
  ["graceful_timeout = 1.5", { gracefulTimeout: 1.5 }],
  ["rlimit_nofile = 500\nrlimit_CORE =", { limits: { nofile: 500, core: "infinity" } }],
  ["priority = -3", { priority: -3 }],
  ["singleton = True", { singleton: true }],
  [
    "copy_env = True\ncopy_path = True\nvirtualenv = /venv\nvirtualenv_py_ver = 3.11",
    { copyEnv: true, copyPath: true, virtualenv: "/venv", virtualenvPyVer: "3.11" },
  ],
  ["respawn = off\nautostart = no", { respawn: false, autostart: false }],
  [
    "close_child_stdin = 0\nclose_child_stdout = 1\nclose_child_stderr = 1",
    { closeChildStdin: false, closeChildStdout: true, closeChildStderr: true },
  ],
  ["max_age = 100\nmax_age_variance = 5", { maxAge: 100, maxAgeVariance: 5 }],
  [
    "restart_delay = 0.5\nrestart_backoff = 3\nrestart_max_delay = 60\nhook_timeout = 5",
    { restartDelay: 0.5, restartBackoff: 3, restartMaxDelay: 60, hookTimeout: 5 },
  ],
  [
    "custom_option = hello $(circus.env.SHELL)\nflapping.active = 0",
    { freeForm: { custom_option: "hello /bin/sh", "flapping.active": "0" } },
  ],
  ["stdout_stream.filename = /log", { stdoutStream: { class: "FileStream", options: { filename: "/log" } } }],
  [
    "stderr_stream.class = circus.stream.TimedRotatingFileStream\nstderr_stream.filename = $(circus.env.HOME)/log\nstderr_stream.rotate_when = midnight\nstderr_stream.utc = True",
    { stderrStream: { class: "TimedRotatingFileStream", options: { filename: "/home/me/log", rotate_when: "midnight", utc: "True" } } },
  ],
  [
    "stdout_stream.class = ./mine.js:Mine\nstdout_stream.depth = 3",
    { stdoutStream: { class: "/conf/mine.js:Mine", options: { depth: "3" } } },
  ],
  ["hooks.before_start = ./hooks.js:check, True", { hooks: { before_start: { target: "/conf/hooks.js:check", ignoreFailure: true } } }],
  ["hooks.after_stop = exec:./bye.sh a, b", { hooks: { after_stop: { target: "exec:./bye.sh a, b", ignoreFailure: false } } }],
];

for (const [lines, expected] of WATCHERS) {
  test(`[watcher:web] with ${JSON.stringify(lines)} reads as ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(watcher(lines), { ...PLAIN, ...expected });
  });
}

test("a watcher gets [env], then every [env:…] that fits its name, in the order of the file", () => {
  const { config } = load(`
[watcher:web1]
cmd = $(circus.env.what) $(circus.env.cake)
[watcher:db]
cmd = $(circus.env.what) $(circus.env.cake)
[env]
WHAT = shared
CAKE = lie
[env:web*, other]
WHAT = pattern
[env:web1]
WHAT = special
PATH = $PATH:/sbin:$UNSET
`);
  assert.deepEqual(
    config.watchers.map(({ name, cmd, env }) => [name, cmd, env]),
    [
      ["db", "shared lie", { WHAT: "shared", CAKE: "lie" }],
      ["web1", "special lie", { WHAT: "special", CAKE: "lie", PATH: "/bin:/sbin:" }],
    ],
  );
});

test("$(circus.env.NAME) works in every section, and an unknown variable stays as written", () => {
  const { config, diagnostics } = load(`
[circus]
pidfile = $(circus.env.RUN)/pid
[socket:one]
port = ((circus.env.port))
[plugin:p]
use = some-path
parameter = $(CIRCUS.ENV.Port) $(circus.env.nope)
[env]
run = /run
port = 81
`);
  assert.deepEqual(diagnostics, []);
  assert.equal(config.arbiter.pidfile, "/run/pid");
  assert.equal(config.sockets[0]?.port, 81);
  assert.deepEqual(config.plugins[0]?.options, { parameter: "81 $(circus.env.nope)" });
});

test("watchers, sockets and plugins come in the order of their names", () => {
  const { config } = load("[watcher:b]\ncmd = x\n[watcher:a]\ncmd = x\n[watcher:Z]\ncmd = x\n[socket:y]\nport = 1\n[socket:x]\nport = 2");
  assert.deepEqual(
    config.watchers.map(({ name }) => name),
    ["Z", "a", "b"],
  );
  assert.deepEqual(
    config.sockets.map(({ name }) => name),
    ["x", "y"],
  );
});

const SOCKETS: readonly (readonly [lines: string, expected: Partial<SocketSpec>])[] = [
  ["host = 127.0.0.1\nport = 0", { host: "127.0.0.1", port: 0 }],
  ["path = /run/x\numask = 007\nreplace = True", { family: "AF_UNIX", path: "/run/x", umask: 0o007, replace: true }],
  ["path = /run/x\numask = 0", { family: "AF_UNIX", path: "/run/x", umask: 0 }],
  ["family = af_inet6\ntype = sock_dgram\nproto = udp", { family: "AF_INET6", type: "SOCK_DGRAM", proto: "udp" }],
  [
    "backlog = 77\nso_reuseport = on\ninterface = eth0\nblocking = 1",
    { backlog: 77, soReuseport: true, interface: "eth0", blocking: true },
  ],
];

for (const [lines, expected] of SOCKETS) {
  test(`[socket:Web] with ${JSON.stringify(lines)} reads as ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(socket(lines), { ...defaultSocket("web"), ...expected });
  });
}

test("[circus] is read with Circus's defaults and in its units", () => {
  const { config, diagnostics } = load(
    "[circus]\nendpoint = ipc:///run/c\nmulticast_endpoint =\nstatsd = 1\nstats_endpoint = tcp://*:1\numask = 002\nloglevel = WARN\nlogoutput = stdout\ncheck_delay = 2\nwarmup_delay = 1\n",
  );
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(config.arbiter, {
    ...ARBITER_DEFAULTS,
    endpoint: "ipc:///run/c",
    statsd: true,
    statsEndpoint: "tcp://*:1",
    umask: 0o002,
    loglevel: "warning",
    checkDelay: 2,
    warmupDelay: 1,
  });
});

test("a plugin's section may have limits, hooks and streams, as that of any watcher", () => {
  const { config, diagnostics } = load(
    "[plugin:p]\nuse = flapping\nrlimit_nofile = 500\nhooks.after_start = exec:/bin/true\nstdout_stream.class = FileStream\nstdout_stream.filename = p.log\nmine.too = 1",
  );
  assert.deepEqual(diagnostics, []);
  const [{ watcher } = { watcher: defaultWatcher("", "") }] = config.plugins;
  assert.deepEqual(watcher.limits, { nofile: 500 });
  assert.equal(watcher.hooks.after_start?.target, "exec:/bin/true");
  assert.equal(watcher.stdoutStream?.class, "FileStream");
  assert.equal(watcher.closeChildStdout, false);
  assert.deepEqual(watcher.freeForm, { "mine.too": "1" });
  const faults = load("[plugin:p]\nuse = flapping\nrlimit_nofile = many\nhooks.after_strat = x").diagnostics.map(
    ({ place }) => place?.line,
  );
  assert.deepEqual(faults, [3, 4]);
});

test("a plugin is run by a watcher of its own, with the watcher options of its section", () => {
  const { config, diagnostics } = load(
    "[plugin:Flap]\nuse = circus.plugins.flapping.Flapping\nattempts = 3\nmax_retry = 2\npriority = 7\nsingleton = False\nactive = 0",
  );
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(config.plugins, [
    {
      name: "Flap",
      use: "circus.plugins.flapping.Flapping",
      active: false,
      options: { attempts: "3", max_retry: "2", priority: "7", singleton: "False" },
      watcher: {
        ...defaultWatcher("plugin:Flap", ""),
        singleton: true,
        copyEnv: true,
        copyPath: true,
        closeChildStdout: true,
        internal: true,
        priority: 7,
        maxRetry: 2,
        freeForm: { attempts: "3" },
      },
    },
  ]);
});

const W = "[watcher:web]\ncmd = run\n";

const FAULTS: readonly (readonly [text: string, ...messages: readonly string[]])[] = [
  [`${W}numprocesses = many`, '3: error: Cannot use numprocesses "many" in [watcher:web]: expected an integer from 0 to 100000'],
  [
    `${W}singleton = maybe`,
    '3: error: Cannot use singleton "maybe" in [watcher:web]: expected true or false (also yes, no, on, off, 1, 0)',
  ],
  [
    `${W}stop_signal = SIGNOPE`,
    '3: error: Cannot use stop_signal "SIGNOPE" in [watcher:web]: expected a signal by name or number, such as TERM, SIGUSR1, SIGRTMIN+1 or 15',
  ],
  [
    `${W}rlimit_nofile = lots`,
    '3: error: Cannot use rlimit_nofile "lots" in [watcher:web]: expected an integer of 0 or more, or nothing for no limit',
  ],
  [`${W}rlimit_nofiles = 3`, "3: error: [watcher:web]: 'rlimit_nofiles' isn't a valid rlimit setting: did you mean 'rlimit_nofile'?"],
  [
    `${W}singleton = 1\nnumprocesses = 3`,
    "4: error: [watcher:web] is a singleton and cannot have 3 processes: leave out one of singleton and numprocesses",
  ],
  [
    '[watcher:web]\ncmd = sh -c "sleep 1',
    '2: error: Cannot use cmd "sh -c "sleep 1" in [watcher:web]: a quotation mark is not closed; quote it, or put a backslash before it',
  ],
  [
    `${W}args = it's`,
    '3: error: Cannot use args "it\'s" in [watcher:web]: a quotation mark is not closed; quote it, or put a backslash before it',
  ],
  [`${W}virtualenv = /v`, "3: error: virtualenv in [watcher:web] needs copy_env = True"],
  [`${W}copy_path = 1`, "3: warning: copy_path in [watcher:web] has no effect without copy_env = True"],
  ["[watcher:web]\nnumprocesses = 1", "1: error: [watcher:web] has no cmd: say which program to run"],
  [
    `${W}hooks.before_start = myapp.hooks.check`,
    '3: error: Cannot use hooks.before_start "myapp.hooks.check" in [watcher:web]: this is a Python name; port the function to JavaScript and write ./hooks.js:check, or run a program with exec:/path/to/check',
  ],
  [
    `${W}hooks.before_strat = ./h.js:x`,
    '3: warning: "hooks.before_strat" in [watcher:web] is not a hook and never runs (did you mean "before_start"?)',
  ],
  [`${W}hooks = x`, '3: error: Cannot use hooks "x" in [watcher:web]: write hooks.before_start or the like'],
  [
    `${W}stdout_stream = FileStream`,
    '3: error: Cannot use stdout_stream "FileStream" in [watcher:web]: write stdout_stream.class or the like',
  ],
  [`${W}stdout_stream.max_bytes = 3`, "3: error: [watcher:web]: 'stdout_stream' must have a 'class' key"],
  [
    `${W}stdout_stream.class = FileStreem`,
    '3: error: [watcher:web]: Cannot use stdout_stream.class "FileStreem": did you mean "FileStream"?',
  ],
  [
    `${W}stdout_stream.class = myapp.streams.Mine`,
    '3: error: [watcher:web]: Cannot use stdout_stream.class "myapp.streams.Mine": this is a Python name; port the class to JavaScript and write ./stream.js:Mine',
  ],
  [
    `${W}stdout_stream.filename = x\nstdout_stream.max_byte = 3`,
    '4: warning: "stdout_stream.max_byte" in [watcher:web] is ignored: FileStream does not take it (did you mean "max_bytes"?)',
  ],
  [
    `${W}stdout_stream.filename = x\nstdout_stream.refresh_time = 3`,
    '4: warning: "stdout_stream.refresh_time" in [watcher:web] has no effect: leave it out',
  ],
  [
    `${W}numproceses = 3`,
    '3: warning: "numproceses" in [watcher:web] is not an option of circusd and is only passed to plugins (did you mean "numprocesses"?)',
  ],
  [
    `${W}stdout_steam.class = X`,
    '3: warning: "stdout_steam.class" in [watcher:web] is not an option of circusd and is only passed to plugins (did you mean "stdout_stream.class"?)',
  ],
  [`${W}env = A=b`, '3: warning: "env" in [watcher:web] has no effect: write the variables in an [env:NAME] section'],
  [`${W}check_flapping = 0`, '3: warning: "check_flapping" in [watcher:web] has no effect: write flapping.active for the Flapping plugin'],
  [
    `${W}args = $(circus.sockets.nope)\nuse_sockets = 1`,
    '3: error: args in [watcher:web] names the socket "nope", which no [socket:nope] defines',
  ],
  [
    `${W}stdin_socket = wob\n[socket:web]\nport = 1`,
    '3: error: stdin_socket in [watcher:web] names the socket "wob", which no [socket:wob] defines (did you mean "web"?)',
  ],
  [
    `${W}args = ((circus.sockets.WEB))\n[socket:web]\nport = 1`,
    "3: warning: args in [watcher:web] names a socket without use_sockets = True: it is passed on here, but Circus would not",
  ],
  [`${W}args = \${circus.sockets.web}`, "3: warning: ${circus.…} in args of [watcher:web] is not replaced: write $(circus.…)"],
  [`${W}on_demand = True`, "3: warning: [watcher:web] is on_demand and names no socket: nothing will start it but a command"],
  [
    `${W}[watcher:Web]\ncmd = run`,
    "1: error: [watcher:web] and [watcher:Web] are the same name, for case makes no difference: rename one",
    "3: error: [watcher:Web] and [watcher:web] are the same name, for case makes no difference: rename one",
  ],
  [
    "[socket:x]\numask = 18\npath = /x",
    '2: error: Cannot use umask "18" in [socket:x]: expected an octal mask such as 022; Circus read it as a decimal number, which is 022 in octal',
  ],
  [
    "[socket:x]\numask = 22\npath = /x",
    '2: warning: umask "22" in [socket:x] is read as octal: write 022, or 026 for what Circus made of it',
  ],
  ["[socket:x]\nport = 70000", '2: error: Cannot use port "70000" in [socket:x]: expected an integer from 0 to 65535'],
  ["[socket:x]\nfamily = AF_UNIX", "2: error: [socket:x] is a unix socket without a path: say where its file is"],
  [
    "[socket:x]\ntype = SOCK_RDM",
    '2: error: Cannot use type "SOCK_RDM" in [socket:x]: expected one of SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW',
  ],
  ["[socket:x]\nprot = 80", '2: warning: "prot" in [socket:x] is not an option and is ignored (did you mean "port"?)'],
  ["[plugin:x]\nattempts = 3", "1: error: [plugin:x] does not say which plugin it is: add use = …"],
  ["[plugin:x]\nuse = y\nactive = perhaps", '3: error: Cannot use active "perhaps" in [plugin:x]: expected true or false'],
  ["[circus]\nendpont = x", '2: warning: "endpont" in [circus] is not an option and is ignored (did you mean "endpoint"?)'],
  [
    "[circus]\nendpoint = localhost",
    '2: error: Cannot use endpoint "localhost" in [circus]: expected an endpoint such as tcp://127.0.0.1:5555 or ipc:///run/circus.sock',
  ],
  [
    "[circus]\nendpoint = tcp://127.0.0.1:5555x",
    '2: error: Cannot use endpoint "tcp://127.0.0.1:5555x" in [circus]: expected an endpoint such as tcp://127.0.0.1:5555 or ipc:///run/circus.sock',
  ],
  [
    "[circus]\nendpoint = tcp://[::1]:*\npubsub_endpoint = tcp://*:65536",
    '3: error: Cannot use pubsub_endpoint "tcp://*:65536" in [circus]: expected an endpoint such as tcp://127.0.0.1:5555 or ipc:///run/circus.sock',
  ],
  [
    `[watcher:web]\ncmd = sh -c "a ; b"`,
    `2: error: Cannot use cmd "sh -c "a" in [watcher:web]: a quotation mark is not closed: the " ;" in its line begins a comment; write the semicolon without a space before it`,
  ],
  [`${W}shell_args = x`, "3: warning: shell_args in [watcher:web] has no effect without shell = True"],
  [
    `${W}stdout_stream.class = TimedRotatingFileStream\nstdout_stream.rotate_when = Q\nstdout_stream.rotate_interval = 0`,
    '3: error: [watcher:web]: Cannot use stdout_stream.class "TimedRotatingFileStream": set stdout_stream.filename too',
    '4: error: [watcher:web]: Cannot use stdout_stream.rotate_when "Q": expected one of S, M, H, D, W0, W1, W2, W3, W4, W5, W6, MIDNIGHT',
    '5: error: [watcher:web]: Cannot use stdout_stream.rotate_interval "0": expected an integer of 1 or more',
  ],
  ["[circus]\nstats_endpoint = tcp://x:1", "2: warning: stats_endpoint in [circus] turns statsd on: say so with statsd = True"],
  [
    "[circus]\nstream_backend = gevent",
    '2: warning: "stream_backend" in [circus] has no effect: leave it out; output is never read by threads',
  ],
  ["[circus]\nloglevel = loud", '2: error: Cannot use loglevel "loud" in [circus]: expected one of critical, error, warning, info, debug'],
  ["[watchers:web]\ncmd = x", '1: warning: [watchers:web] is no section of a circus.ini and is ignored (did you mean "watcher:web"?)'],
  ["[Circus]\ndebug = 1", '1: warning: [Circus] is no section of a circus.ini and is ignored (did you mean "circus"?)'],
  ["[watcher:]\ncmd = x", "1: error: [watcher:] has no name: write it after the colon"],
  ["[watcher:web]", "1: warning: [watcher:web] is empty and is ignored"],
  ["[DEFAULT]\nnonsense\nk = v", '2: error: Cannot read "nonsense": expected "key = value" or "[section]"'],
  ["[env]\nnonsense", '2: error: Cannot read "nonsense": expected "key = value" or "[section]"'],
  ["[env:nobody]\nA = b", "1: warning: [env:nobody] fits no watcher"],
];

for (const [text, ...messages] of FAULTS) {
  test(`a configuration with ${JSON.stringify(text)} is told so`, () => {
    assert.deepEqual(
      told(text),
      messages.map((message) => `circus.ini:${message}`),
    );
  });
}

test("a section with an error is left out and named, and the others are kept", () => {
  const { config, faulty } = load(
    `${W}numprocesses = x\n[watcher:ok]\ncmd = run\n[socket:Bad]\nport = x\n[socket:good]\nport = 1\n[plugin:p]\na = b`,
  );
  assert.deepEqual(
    [config.watchers.map(({ name }) => name), config.sockets.map(({ name }) => name), config.plugins],
    [["ok"], ["good"], []],
  );
  assert.deepEqual(faulty, { arbiter: false, cluster: false, watchers: ["web"], sockets: ["bad"], plugins: ["p"] });
});

test("a line that cannot be read makes its section faulty", () => {
  const { config, faulty } = load(`${W}numprocesses 3`);
  assert.deepEqual([config.watchers, faulty.watchers], [[], ["web"]]);
});

test("a watcher that names a faulty socket is not blamed for it", () => {
  const { faulty } = load(`${W}args = $(circus.sockets.x)\nuse_sockets = 1\n[socket:x]\nport = y`);
  assert.deepEqual(faulty, { arbiter: false, cluster: false, watchers: [], sockets: ["x"], plugins: [] });
});

test("an error in [circus] leaves the default in its place", () => {
  assert.equal(load("[circus]\nhttpd_port = x").config.arbiter.httpdPort, 8080);
});

test("nothing leaks into a configuration that is empty", () => {
  const { placeOf, ...loaded } = load("");
  assert.equal(placeOf("watcher:web", "cmd"), null);
  assert.deepEqual(loaded, {
    config: { arbiter: ARBITER_DEFAULTS, sockets: [], watchers: [], plugins: [], cluster: null },
    diagnostics: [],
    faulty: { arbiter: false, cluster: false, watchers: [], sockets: [], plugins: [] },
  });
});

test("the place of a watcher's option is its line, or the section's where the option stands nowhere", () => {
  const { placeOf } = load("[DEFAULT]\nuid = me\n[watcher:Web]\ncmd = run\nhooks.before_start = ./h.js:go\n");
  const lines = ["hooks.before_start", "uid", "gid"].map((option) => placeOf("watcher:Web", option)?.line);
  assert.deepEqual(lines, [5, 2, 3]);
});

test("a socket that is handed over needs no section to be named", () => {
  const { diagnostics } = load("[watcher:web]\ncmd = serve $(circus.sockets.Handed)\nuse_sockets = True\n");
  assert.deepEqual(diagnostics, []);
});
