import assert from "node:assert/strict";
import test from "node:test";
import { includedFiles, translateSupervisord } from "../../../../src/config/import/supervisord.js";
import { parseIni } from "../../../../src/config/ini.js";
import { splitWords } from "../../../../src/core/words.js";

function translate(text: string): string {
  const read = translateSupervisord({ source: "s.conf", files: [{ path: "/etc/s/s.conf", text }], host: "web1" });
  assert.ok(read.ok);
  return read.value.ini;
}

/** The options of a section of the result, as Circus's reader has them. */
function section(text: string, name: string): Readonly<Record<string, string>> {
  const found = parseIni(translate(text), "circus.ini").sections.find((one) => one.name === name);
  assert.ok(found, `no [${name}] in\n${translate(text)}`);
  return Object.fromEntries(found.entries.map(({ key, value }) => [key, value]));
}

function program(...lines: readonly string[]): string {
  return ["[program:web]", "command=run", ...lines].join("\n");
}

const CASES: readonly (readonly [title: string, lines: readonly string[], expected: Readonly<Record<string, string>>])[] = [
  ["takes over where it runs and as whom", ["directory=/srv", "user=joe"], { working_dir: "/srv", uid: "joe" }],
  ["gives the environment of the daemon", [], { copy_env: "True" }],
  ["turns the order of priorities round", ["priority=10"], { priority: "989" }],
  ["stops as supervisord does without being told", [], { graceful_timeout: "10" }],
  [
    "takes over how it is stopped",
    ["stopsignal=quit", "stopwaitsecs=3", "stopasgroup=true"],
    { stop_signal: "QUIT", graceful_timeout: "3", stop_children: "True" },
  ],
  ["leaves a program down that is not to be started", ["autostart=no", "autorestart=false"], { autostart: "False", respawn: "False" }],
  ["counts the first start among the tries", ["startretries=3"], { max_retry: "4" }],
  [
    "rotates files as supervisord does",
    ["stdout_logfile=/l"],
    { "stdout_stream.filename": "/l", "stdout_stream.max_bytes": "52428800", "stdout_stream.backup_count": "10" },
  ],
  ["sends standard error along", ["stdout_logfile=/l", "redirect_stderr=true", "stderr_logfile=/e"], { "stderr_stream.filename": "/l" }],
  [
    "throws away what goes nowhere",
    ["stdout_logfile=NONE", "stderr_logfile=off"],
    { close_child_stdout: "True", close_child_stderr: "True" },
  ],
  ["keeps lines for tail where there is no file", [], { tail_lines: "200" }],
  ["knows the idiom of containers", ["stderr_logfile=/dev/fd/1", "stderr_logfile_maxbytes=0"], { "stderr_stream.class": "StdoutStream" }],
];

for (const [title, lines, expected] of CASES) {
  test(`a program ${title}`, () => {
    const found = section(program(...lines), "watcher:web");
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, found[key]])), expected);
  });
}

test("a umask is set by a shell that becomes the program", () => {
  const words = splitWords(section(program("umask=002"), "watcher:web")["cmd"] ?? "");
  assert.ok(words.ok);
  assert.deepEqual(words.value, ["sh", "-c", 'umask 002 && exec "$@"', "sh", "run"]);
});

test("processes that differ by their number are a watcher each, unless circus.wid says the same", () => {
  const numbered = (start: number, format: string): string =>
    `[program:w]\ncommand=run %(process_num)${format}\nprocess_name=%(program_name)s-%(process_num)s\nnumprocs=2\nnumprocs_start=${start}\nstdout_logfile=/l-%(process_num)d`;
  assert.equal(section(numbered(0, "02d"), "watcher:w-0")["cmd"], "run 00");
  assert.equal(section(numbered(0, "02d"), "watcher:w-1")["cmd"], "run 01");
  assert.equal(section(numbered(0, "02d"), "watcher:w-1")["stdout_stream.filename"], "/l-1");
  assert.equal(section(numbered(1, "d"), "watcher:w")["cmd"], "run $(circus.wid)");
  assert.equal(section(numbered(1, "d"), "watcher:w")["numprocesses"], "2");
  assert.equal(section(numbered(1, "d"), "watcher:w")["stdout_stream.filename"], "/l");
});

test("expressions are replaced by what they stand for", () => {
  const { cmd } = section(
    "[program:x]\ncommand=a %(program_name)s %(here)s %(host_node_name)s %(ENV_HOME)s 5%% %(group_name)s %(numprocs)03d",
    "watcher:x",
  );
  assert.equal(cmd, "a x /etc/s web1 $(circus.env.HOME) 5% x 001");
});

test("variables go to the program's own section, and those that it cannot hold in front of the command", () => {
  const text = program('environment=A="x, y",B=\'1\',C=plain/value,D="a; b",E="$HOME",F="q\\"q"');
  assert.deepEqual(section(text, "env:web"), { A: "x, y", B: "1", C: "plain/value", D: "a; b", F: 'q"q' });
  const words = splitWords(section(text, "watcher:web")["cmd"] ?? "");
  assert.ok(words.ok);
  assert.deepEqual(words.value, ["env", "E=$HOME", "run"]);
});

test("the dialect is Python's: keys in any case, comments in every place, the last value counts", () => {
  const text = "[program:x]\nCOMMAND = one ; no\ncommand: two # no\n    three\n    # no\n  ; no\nUser=joe\n[DEFAULT]\npriority=1\n";
  const found = section(text, "watcher:x");
  assert.deepEqual([found["cmd"], found["uid"], found["priority"]], ["two\nthree", "joe", "998"]);
});

test("a socket of FastCGI is standard input, with the mode that it had", () => {
  const text = "[fcgi-program:php]\ncommand=php\nsocket=unix:///run/%(program_name)s.sock\nsocket_mode=0770\nsocket_backlog=9";
  assert.equal(section(text, "watcher:php")["stdin_socket"], "php");
  assert.deepEqual(section(text, "socket:php"), { path: "/run/php.sock", replace: "True", umask: "007", backlog: "9", blocking: "True" });
  const tcp = "[fcgi-program:php]\ncommand=php\nsocket=tcp://127.0.0.1:9000";
  assert.deepEqual(section(tcp, "socket:php"), { host: "127.0.0.1", port: "9000", blocking: "True" });
  assert.match(translate("[fcgi-program:php]\ncommand=php\nsocket=odd"), /# socket = odd: neither/);
});

test("a console that asked for a password stays off until there is one", () => {
  const web = (...lines: readonly string[]): string => ["[program:x]", "command=x", "[inet_http_server]", ...lines].join("\n");
  assert.deepEqual(section(web("port=127.0.0.1:9001"), "circus"), {
    ...{ statsd: "True", httpd: "True", httpd_port: "9001", httpd_host: "127.0.0.1" },
  });
  assert.deepEqual(section(web("port=*:9001"), "circus"), { statsd: "True", httpd: "True", httpd_port: "9001" });
  assert.deepEqual(section(web("port=127.0.0.1:9001", "username=u", "password=p"), "circus"), {});
});

test("nothing is lost without a word", () => {
  const text = [
    "[program:x]\ncommand=run\nstartsecs=5\nautorestart=unexpected\nshiny=1\nserverurl=AUTO\nstderr_capture_maxbytes=1MB",
    "[group:g]\nprograms=x\npriority=3",
    "[eventlistener:l]\ncommand=listen\nevents=TICK_5",
    "[rpcinterface:mine]\nx=1",
    "[ctlplugin:mine]\nx=1",
    "[strange]\ny=2",
    "[inet_http_server]\nport=0.0.0.0:9001\nusername=u\npassword=p\nodd=3",
    "[supervisord]\nuser=joe\nidentifier=me\nminprocs=9\ncolour=red",
    "just a line",
  ].join("\n");
  const ini = translate(text).replace(/\n# {3}/g, " ");
  for (const word of [
    ...["startsecs = 5", "autorestart = unexpected", "shiny = 1", "serverurl", "stderr_capture_maxbytes", "[group:g]", "priority 3"],
    ...["[eventlistener:l]", "; events = TICK_5", "[rpcinterface:mine]", "[ctlplugin:mine]", "[strange]", "; y = 2", "odd = 3"],
    ...["--add-user u ", "port = 0.0.0.0:9001", "user = joe", "identifier = me", "minprocs = 9", "colour = red", '"just a line"'],
  ])
    assert.ok(ini.includes(word), `${word} is not in\n${ini}`);
});

test("the patterns of [include] are told, with variables replaced", () => {
  assert.deepEqual(includedFiles({ path: "/etc/s/s.conf", text: "[include]\nfiles = a/*.conf %(here)s/b.ini" }, "web1"), [
    "a/*.conf",
    "/etc/s/b.ini",
  ]);
  assert.deepEqual(includedFiles({ path: "/etc/s/s.conf", text: "[program:x]" }, "web1"), []);
});

test("a file of something else is refused", () => {
  const read = translateSupervisord({ source: "x", files: [{ path: "/x", text: "[circus]\nendpoint = x" }], host: "h" });
  assert.deepEqual(read, { ok: false, failure: "it has no section [supervisord] or [program:NAME]" });
});
