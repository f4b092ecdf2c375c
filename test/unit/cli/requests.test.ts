import assert from "node:assert/strict";
import test from "node:test";
import { circusctl } from "../../helpers/circusctl.js";

/** A command line, and the properties that must go over the wire. */
const REQUESTS: readonly (readonly [readonly string[], object])[] = [
  [["add", "dyn", "sleep", "3600"], { name: "dyn", cmd: "sleep 3600", start: false }],
  [["add", "--start", "dyn3", "sleep", "3600"], { name: "dyn3", cmd: "sleep 3600", start: true }],
  [["add", "dyn3", "sleep", "3600", "--start"], { name: "dyn3", cmd: "sleep 3600", start: true }],
  [["add", "dyn", "sh -c true"], { name: "dyn", cmd: "sh -c true", start: false }],
  [["add", "dyn", "sh", "-c", "echo a; exit"], { name: "dyn", cmd: "sh -c 'echo a; exit'", start: false }],
  [
    ["add", "--waiting", "dyn", "node", "x.js", "--timeout", "3", "--json"],
    { name: "dyn", cmd: "node x.js --timeout 3 --json", start: false, waiting: true },
  ],
  [["add", "dyn", "--", "prog", "--start"], { name: "dyn", cmd: "prog --start", start: false }],
  [["--timeout", "3", "add", "dyn", "prog"], { name: "dyn", cmd: "prog", start: false }],
  [["decr", "web"], { name: "web", waiting: false }],
  [["decr", "web", "2", "--waiting"], { name: "web", nb: 2, waiting: true }],
  [["dstats"], {}],
  [["get", "web", "cmd", "env"], { name: "web", keys: ["cmd", "env"] }],
  [["globaloptions"], {}],
  [["globaloptions", "endpoint"], { option: "endpoint" }],
  [["incr", "web"], { name: "web", waiting: false }],
  [["incr", "web", "1", "--waiting"], { name: "web", nb: 1, waiting: true }],
  [["ipython"], {}],
  [["kill", "web"], { name: "web" }],
  [["kill", "web", "7718", "--signum", "HUP"], { name: "web", pid: 7718, signum: "HUP" }],
  [["kill", "web", "--graceful_timeout", "1.5", "--waiting"], { name: "web", graceful_timeout: 1.5, waiting: true }],
  [["list"], {}],
  [["list", "web"], { name: "web" }],
  [["--timeout", "3", "list", "--json", "web"], { name: "web" }],
  [["listsockets"], {}],
  [["numprocesses", "web"], { name: "web" }],
  [["numwatchers"], {}],
  [["options", "web"], { name: "web" }],
  [["quit"], { waiting: false }],
  [["quit", "--waiting"], { waiting: true }],
  [["reload"], { graceful: true, waiting: false, sequential: false }],
  [["reload", "web", "--terminate"], { name: "web", graceful: false, waiting: false, sequential: false }],
  [["reload", "web", "--waiting", "--sequential"], { name: "web", graceful: true, waiting: true, sequential: true }],
  [["reloadconfig", "--waiting"], { waiting: true }],
  [["restart"], { waiting: false, match: "glob" }],
  [["restart", "web", "--waiting"], { name: "web", waiting: true, match: "glob" }],
  [["rm", "web"], { name: "web" }],
  [["rm", "web", "--nostop", "--waiting"], { name: "web", nostop: true, waiting: true }],
  [["set", "web", "numprocesses", "2"], { name: "web", options: { numprocesses: 2 } }],
  [
    ["set", "web", "numprocesses", "2", "graceful_timeout", "5", "--waiting"],
    { name: "web", options: { numprocesses: 2, graceful_timeout: 5 }, waiting: true },
  ],
  [["set", "web", "env", "A=1,B=2"], { name: "web", options: { env: { A: "1", B: "2" } } }],
  [["set", "web", "env", "A=1,2,B=x=y"], { name: "web", options: { env: { A: "1,2", B: "x=y" } } }],
  [["set", "web", "stop_signal", "TERM"], { name: "web", options: { stop_signal: 15 } }],
  [["set", "web", "max_retry", "-1"], { name: "web", options: { max_retry: -1 } }],
  [["set", "web", "args", "-u x"], { name: "web", options: { args: "-u x" } }],
  [["set", "web", "args", "--port=3"], { name: "web", options: { args: "--port=3" } }],
  [["set", "web", "SEND_HUP", "yes"], { name: "web", options: { send_hup: true } }],
  [["set", "web", "uid", "www-data"], { name: "web", options: { uid: "www-data" } }],
  [["set", "web", "warmup_delay", "0.5"], { name: "web", options: { warmup_delay: 0.5 } }],
  [["set", "web", "retry_in", "7"], { name: "web", options: { retry_in: 7 } }],
  [["set", "web", "rlimit_nofile", "500"], { name: "web", options: { rlimit_nofile: 500 } }],
  [["set", "web", "rlimit_nofile", ""], { name: "web", options: { rlimit_nofile: null } }],
  [
    ["set", "web", "hooks", "before_start:hooks.ok,after_stop:./h.js:done"],
    { name: "web", options: { hooks: { before_start: "hooks.ok", after_stop: "./h.js:done" } } },
  ],
  [["set", "web", "hooks.before_start", "hooks.ok"], { name: "web", options: { "hooks.before_start": "hooks.ok" } }],
  [["set", "web", "stdout_stream.filename", "/tmp/x.out"], { name: "web", options: { "stdout_stream.filename": "/tmp/x.out" } }],
  [["set", "web", "stdout_stream.max_bytes", "1024"], { name: "web", options: { "stdout_stream.max_bytes": 1024 } }],
  [["signal", "web", "18"], { name: "web", children: false, recursive: false, signum: "18" }],
  [["signal", "web", "7718", "CONT"], { name: "web", children: false, recursive: false, signum: "CONT", pid: 7718 }],
  [
    ["signal", "web", "7718", "7719", "CONT", "--recursive"],
    { name: "web", children: false, recursive: true, signum: "CONT", pid: 7718, childpid: 7719 },
  ],
  [["signal", "My App", "CONT", "--children"], { name: "My App", children: true, recursive: false, signum: "CONT" }],
  [["start"], { waiting: false, match: "glob" }],
  [["--waiting", "start", "s*"], { name: "s*", waiting: true, match: "glob" }],
  [["stats"], { extended: false }],
  [["stats", "--extended", "hooked"], { name: "hooked", extended: true }],
  [["stats", "web", "7718"], { name: "web", process: 7718, extended: false }],
  [["status"], {}],
  [["status", "My App"], { name: "My App" }],
  [["status", "--", "--odd"], { name: "--odd" }],
  [["stop", "we.*", "--match", "regex", "--waiting"], { name: "we.*", waiting: true, match: "regex" }],
];

test("every command line is sent as the request it stands for", async () => {
  for (const [argv, properties] of REQUESTS) {
    const { requests } = await circusctl(argv);
    const command = argv.find((word) => !word.startsWith("--") && word !== "3");
    assert.deepEqual(requests, [{ command, properties }], argv.join(" "));
  }
});

/** A command line with wrong arguments, and the first line on stderr. */
const REFUSED: readonly (readonly [readonly string[], string])[] = [
  [["list", "a", "b"], "Invalid number of arguments"],
  [["numwatchers", "x"], "Invalid number of arguments"],
  [["options"], "number of arguments invalid"],
  [["get", "web"], "Invalid number of arguments"],
  [["incr"], "Invalid number of arguments"],
  [["incr", "web", "abc"], 'Cannot read the number of processes "abc": it must be a whole number'],
  [["decr"], "Invalid number of arguments"],
  [["stats", "web", "abc"], 'Cannot read the process id "abc": it must be a whole number'],
  [["status", "a", "b"], "message invalid"],
  [["dstats", "x"], "Invalid message"],
  [["reload", "a", "b"], "invalid number of arguments"],
  [["set", "web"], "Invalid number of arguments"],
  [["set", "web", "numprocesses"], "Invalid number of arguments"],
  [["set", "web", "a", "b", "c"], "List of key/values is invalid"],
  [["set", "web", "bogus", "1"], "unknown key 'bogus'"],
  [["set", "web", "numproceses", "1"], "unknown key 'numproceses'; did you mean numprocesses?"],
  [["set", "web", "env", "A"], 'Cannot set "env" to "A": expected NAME=VALUE,NAME=VALUE'],
  [["set", "web", "hooks", "nope:x"], 'Cannot set "hooks" to "nope:x": expected HOOK:TARGET,HOOK:TARGET'],
  [["set", "web", "stderr_stream.max_bytes", "x"], 'Cannot set "stderr_stream.max_bytes" to "x": expected an integer of 0 or more'],
  [["add", "dyn4"], "Invalid number of arguments"],
  [["rm"], "Invalid number of arguments"],
  [["start", "a", "b"], "Invalid number of arguments"],
  [["stop", "a", "b"], "Invalid number of arguments"],
  [["signal", "web"], "Invalid number of arguments"],
  [["signal", "web", "x", "HUP"], 'Cannot read the process id "x": it must be a whole number'],
  [["kill"], "Invalid number of arguments"],
  [["kill", "web", "abc"], 'Cannot read the process id "abc": it must be a whole number'],
];

test("wrong arguments of a command end with 1 and ask nothing of the daemon", async () => {
  for (const [argv, line] of REFUSED) {
    const { code, stdout, stderr, requests } = await circusctl(argv);
    assert.equal(stderr.split("\n")[0], line, argv.join(" "));
    assert.match(stderr, new RegExp(`\\nusage: circusctl ${argv[0] ?? ""}`));
    assert.deepEqual([code, stdout, requests], [1, "", []], argv.join(" "));
  }
});

/** A command line that is misused as such, and the message. */
const MISUSED: readonly (readonly [readonly string[], string])[] = [
  [["list", "--bogus"], "unrecognized arguments: --bogus"],
  [["start", "web", "--watiing"], "unrecognized arguments: --watiing; did you mean --waiting?"],
  [["list", "--waiting"], "unrecognized arguments: --waiting"],
  [["--nostop", "list"], "unrecognized arguments: --nostop"],
  [["--timeout", "abc", "list"], 'argument --timeout: invalid number "abc"'],
  [["list", "--timeout"], "argument --timeout: expected one argument"],
  [["stop", "web", "--match", "fuzzy"], 'argument --match: invalid choice: "fuzzy" (choose from glob, simple, regex)'],
  [["list", "--json=yes"], "argument --json: ignored explicit argument"],
  [["list", "--no-json"], "unrecognized arguments: --no-json"],
  [["list", "-x"], "unrecognized arguments: -x"],
];

/** Words that are no command here, and the message. */
const UNKNOWN: readonly (readonly [readonly string[], string])[] = [
  [["bogus"], 'unknown command "bogus"'],
  [["optoins"], 'unknown command "optoins"; did you mean options?'],
  [["help", "strat"], 'unknown command "strat"; did you mean start?'],
];

test("a word that neither circusctl nor the daemon knows ends with 2, the usage and what may be meant", async () => {
  for (const [argv, message] of UNKNOWN) {
    const { code, stdout, stderr, requests } = await circusctl(argv, { answer: () => ({ commands: [] }) });
    assert.equal(stderr, `usage: circusctl [options] command [args]\ncircusctl: error: ${message}\n`, argv.join(" "));
    assert.deepEqual([code, stdout, requests], [2, "", [{ command: "commands", properties: {} }]]);
  }
});

test("wrong usage ends with 2, the usage and what is wrong", async () => {
  for (const [argv, message] of MISUSED) {
    const { code, stdout, stderr, requests } = await circusctl(argv);
    assert.equal(stderr, `usage: circusctl [options] command [args]\ncircusctl: error: ${message}\n`, argv.join(" "));
    assert.deepEqual([code, stdout, requests], [2, "", []]);
  }
});
