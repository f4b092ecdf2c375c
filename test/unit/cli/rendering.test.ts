import assert from "node:assert/strict";
import test from "node:test";
import { circusctl, refusal } from "../../helpers/circusctl.js";

function figures(pid: number, cmdline: string, more: object = {}): object {
  const base = {
    mem_info1: "1.64M",
    mem_info2: "2.53M",
    cpu: 0,
    mem: 0.007,
    ctime: "0:00.0",
    pid,
    username: "root",
    nice: 0,
    age: 12.5,
    cmdline,
  };
  return { ...base, create_time: 1795256959.02, children: [], ...more };
}

const WEB = { "7718": figures(7718, "sleep"), "7719": figures(7719, "sleep", { cpu: 0.5 }) };

const OPTIONS = {
  __name__: "watcher:web",
  args: "3600",
  close_child_stderr: false,
  close_child_stdin: true,
  env: { COLOR: "blue", __name__: "env:web,print*", FOO: "bar", PATH: "/usr/bin:/bin" },
  executable: null,
  graceful_timeout: 30,
  max_age: 0,
  stderr_stream_conf: {},
  stdout_stream_conf: { filename: "/tmp/it's", max_bytes: 3, list: ["a", null, true] },
  stop_signal: 15,
  warmup_delay: 0.5,
};

const STATUSES = { "My App": "active", hooked: "active", lazy: "stopped", "circusd-stats": "active", web: "stopping" };

const MEMBER = {
  ...{ id: "X2", name: "web1", address: "circuit://10.0.0.1:11022/812/Q1", labels: { role: "web", zone: "a" }, version: "1.2.3" },
  ...{ state: "alive", started: 1, circusd: true, self: true },
};

/** Command line, the daemon's reply, and the text in a pipe. */
const RENDERED: readonly (readonly [readonly string[], object, string])[] = [
  [["list"], { watchers: ["circusd-stats", "my app", "web"] }, "circusd-stats,my app,web\n"],
  [["list", "web"], { pids: [7718, 7719] }, "7718,7719\n"],
  [["list", "lazy"], { pids: [] }, "\n"],
  [["status"], { statuses: STATUSES }, "My App: active\ncircusd-stats: active\nhooked: active\nlazy: stopped\nweb: stopping\n"],
  [["--prettify", "status"], { statuses: { web: "active" } }, "web: active\n"],
  [["status", "web"], { status: "active" }, "active\n"],
  [["numprocesses"], { numprocesses: 11 }, "11\n"],
  [["numwatchers"], { numwatchers: 11 }, "11\n"],
  [
    ["members"],
    { members: [MEMBER, { ...MEMBER, id: "X1", name: "db1", state: "lost", labels: {}, self: false }] },
    "db1 lost X1 circuit://10.0.0.1:11022/812/Q1\nweb1* alive X2 circuit://10.0.0.1:11022/812/Q1 role=web zone=a\n",
  ],
  [["join", "10.0.0.1:11022"], { member: MEMBER }, "joined web1 (X2)\n"],
  [
    ["relay", "web1", "list", "{}"],
    { server: "X2", reply: { status: "ok", watchers: ["web"] } },
    '{\n  "status": "ok",\n  "watchers": [\n    "web"\n  ]\n}\n',
  ],
  [["incr", "web"], {}, "ok\n"],
  [["incr", "web", "--waiting"], { numprocesses: 6 }, "6\n"],
  [["decr", "single"], { numprocesses: 1, singleton: true }, "This watcher is a Singleton - not changing the number of processes\n"],
  [["get", "web", "cmd", "uid"], { options: { cmd: "/bin/sleep", uid: null } }, "cmd: /bin/sleep\nuid: \n"],
  [
    ["options", "web"],
    { options: OPTIONS },
    `__name__: watcher:web
args: 3600
close_child_stderr: False
close_child_stdin: True
env: COLOR=blue,FOO=bar,PATH=/usr/bin:/bin,__name__=env:web,print*
executable: 
graceful_timeout: 30.0
max_age: 0
stderr_stream_conf: {}
stdout_stream_conf: {'filename': "/tmp/it's", 'max_bytes': 3, 'list': ['a', None, True]}
stop_signal: 15
warmup_delay: 0.5
`,
  ],
  [
    ["globaloptions"],
    { options: { endpoint: "tcp://h:1", check_delay: 2, multicast_endpoint: "" } },
    "endpoint: tcp://h:1\ncheck_delay: 2.0\nmulticast_endpoint: \n",
  ],
  [["dstats"], { info: figures(7714, "python3", { cpu: 1.5 }) }, "Main Process:\n    7714  python3 root 0 1.64M 2.53M 1.5 0.007 0:00.0\n"],
  [
    ["dstats"],
    { info: figures(7714, "python3", { children: [figures(7715, "sh")] }) },
    "Main Process:\n    7714  python3 root 0 1.64M 2.53M 0.0 0.007 0:00.0\nChildren:\n    7715  sh root 0 1.64M 2.53M 0.0 0.007 0:00.0\n",
  ],
  [
    ["stats"],
    {
      infos: {
        "My App": { "7721": figures(7721, "sh", { children: [figures(7722, "sleep")] }) },
        lazy: {},
        gone: { "5": "No such process (stopped?)" },
      },
    },
    "My App:\n7721: 7721  sh root 0 1.64M 2.53M 0.0 0.007 0:00.0\n   7722  sleep root 0 1.64M 2.53M 0.0 0.007 0:00.0\nlazy:\ngone:\n5: No such process (stopped?)\n",
  ],
  [
    ["stats", "web"],
    { name: "web", info: WEB },
    "web:\n7718: 7718  sleep root 0 1.64M 2.53M 0.0 0.007 0:00.0\n7719: 7719  sleep root 0 1.64M 2.53M 0.5 0.007 0:00.0\n",
  ],
  [["stats", "web", "7718"], { process: 7718, info: WEB["7718"] }, "7718: 7718  sleep root 0 1.64M 2.53M 0.0 0.007 0:00.0\n\n"],
  [
    ["listsockets"],
    {
      sockets: [
        { fd: 9, name: "ux", backlog: 2048, path: "/srv/ux.sock" },
        { fd: 11, name: "web", backlog: 77, host: "127.0.0.1", port: 18080 },
      ],
    },
    "9:socket 'ux' at /srv/ux.sock\n11:socket 'web' at 127.0.0.1:18080\n",
  ],
  ...(
    [
      "add dyn sleep",
      "kill web",
      "quit",
      "reload",
      "reloadconfig",
      "restart",
      "rm web",
      "set web shell no",
      "signal web HUP",
      "start",
      "stop",
    ] as const
  ).map((line) => [line.split(" "), {}, "ok\n"] as const),
];

test("a reply in a pipe is printed as Circus prints it", async () => {
  for (const [argv, reply, text] of RENDERED) {
    const { code, stdout, stderr } = await circusctl(argv, { answer: () => reply });
    assert.equal(stdout, text, argv.join(" "));
    assert.deepEqual([code, stderr], [0, ""]);
  }
});

test("a refusal goes to stderr and ends with 3", async () => {
  const answer = () => refusal("program nope not found");
  for (const line of [
    "list nope",
    "status nope",
    "stats nope",
    "incr nope",
    "start nope",
    "get nope cmd",
    "kill nope",
    "listsockets",
    "ipython",
  ]) {
    const { code, stdout, stderr } = await circusctl(line.split(" "), { answer });
    assert.deepEqual([code, stdout, stderr], [3, "", "error: program nope not found\n"], line);
  }
  const global = await circusctl(["globaloptions", "bogus"], { answer: () => refusal("'bogus' not an existing option") });
  assert.deepEqual([global.code, global.stderr], [3, "'bogus' not an existing option\n"]);
});

test("--json prints the reply as it came and still ends with 3 at a refusal", async () => {
  const good = await circusctl(["list", "--json"], { answer: () => ({ watchers: ["wéb"] }) });
  assert.match(good.stdout, /^\{"status": "ok", "time": 1\.5, "watchers": \["w\\u00e9b"\], "id": "[0-9a-f]{32}"\}\n$/);
  assert.equal(good.code, 0);
  const refused = await circusctl(["--json", "list", "nope"], { answer: () => refusal("program nope not found") });
  assert.match(refused.stdout, /^\{"status": "error", "time": 1\.5, "reason": "program nope not found"/);
  assert.deepEqual([refused.code, refused.stderr], [3, ""]);
});

test("--prettify indents and sorts the JSON, and colours it where colour is wanted", async () => {
  const answer = () => ({ statuses: { web: "active", api: "stopped" } });
  const plain = await circusctl(["--json", "--prettify", "status"], { answer });
  assert.deepEqual(
    [...plain.stdout.matchAll(/^ {2}"(\w+)"/gm)].map((match) => match[1]),
    ["id", "status", "statuses", "time"],
  );
  assert.match(plain.stdout, /\n {2}"statuses": \{\n {4}"api": "stopped",\n {4}"web": "active"\n {2}\},\n {2}"time": 1\.5\n\}\n$/);
  const coloured = await circusctl(["--json", "--prettify", "status"], { answer, env: { FORCE_COLOR: "1" } });
  assert.match(coloured.stdout, /\u001b\[33m"active"\u001b\[39m/);
});

test("on a terminal status is aligned and coloured", async () => {
  const answer = () => ({ statuses: { web: "active", "longer name": "stopped", odd: "constructor" } });
  const { stdout } = await circusctl(["status"], { answer, terminal: true });
  assert.equal(stdout, "longer name  \u001b[31mstopped\u001b[39m\nodd          constructor\nweb          \u001b[32mactive\u001b[39m\n");
  const plain = await circusctl(["status"], { answer, terminal: true, env: { NO_COLOR: "1" } });
  assert.equal(plain.stdout, "longer name  stopped\nodd          constructor\nweb          active\n");
  const dumb = await circusctl(["status"], { answer, terminal: true, env: { TERM: "dumb" } });
  assert.equal(dumb.stdout, plain.stdout);
  const forced = await circusctl(["status", "web"], { answer: () => ({ status: "active" }), env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
  assert.equal(forced.stdout, "\u001b[32mactive\u001b[39m\n");
});

test("on a terminal figures, options and sockets stand in columns", async () => {
  const setting = { terminal: true, env: { NO_COLOR: "1" } };
  const stats = await circusctl(["stats"], {
    ...setting,
    answer: () => ({
      infos: { web: { "7718": figures(7718, "sh", { children: [figures(9, "sleep")] }) }, gone: { "5": "No such process (stopped?)" } },
    }),
  });
  assert.equal(
    stats.stdout,
    [
      "WATCHER   PID  NAME                        USER  NICE    RSS   VIRT  CPU%   MEM%    TIME",
      "web      7718  sh                          root     0  1.64M  2.53M   0.0  0.007  0:00.0",
      "web         9    sleep                     root     0  1.64M  2.53M   0.0  0.007  0:00.0",
      "gone        -  No such process (stopped?)",
      "",
    ].join("\n"),
  );
  const options = await circusctl(["get", "web", "cmd", "shell"], {
    ...setting,
    answer: () => ({ options: { cmd: "sleep", shell: false } }),
  });
  assert.equal(options.stdout, "cmd    sleep\nshell  False\n");
  const sockets = await circusctl(["listsockets"], {
    ...setting,
    answer: () => ({
      sockets: [
        { fd: 9, name: "ux", path: "/x" },
        { fd: 11, name: "web", host: "h", port: 80 },
      ],
    }),
  });
  assert.equal(sockets.stdout, " 9  ux   /x\n11  web  h:80\n");
});

test("ipython tells what stands in its place", async () => {
  const { code, stdout } = await circusctl(["ipython"], { answer: () => ({ shell: false, msg: "no" }) });
  assert.match(stdout, /no IPython kernel.*interactive shell/);
  assert.equal(code, 0);
});

test("a silent daemon is told of in Circus's words and ends with 1", async () => {
  const { code, stdout, stderr } = await circusctl(["--timeout", "0.02", "list"], { answer: () => null });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.equal(
    stderr,
    `Timed out.
A time out usually happens in one of those cases:

#1 The Circus daemon could not be reached.
#2 The Circus daemon took too long to perform the operation

For #1, make sure you are hitting the right place
by checking your --endpoint option.

For #2, if you are not expecting a result to
come back, increase your timeout option value
(particularly with waiting switches)
`,
  );
});

test("the endpoint comes from --endpoint, else CIRCUSCTL_ENDPOINT, else Circus's default", async () => {
  const answer = () => ({ watchers: [] });
  const far = { answer, endpoint: "tcp://far:1" };
  assert.equal((await circusctl(["list", "--endpoint", "tcp://far:1"], far)).requests.length, 1);
  assert.equal((await circusctl(["list"], { ...far, env: { CIRCUSCTL_ENDPOINT: "tcp://far:1" } })).requests.length, 1);
  assert.equal(
    (await circusctl(["--endpoint", "tcp://far:1", "list"], { ...far, env: { CIRCUSCTL_ENDPOINT: "tcp://near:1" } })).requests.length,
    1,
  );
  assert.equal((await circusctl(["list"], { answer, env: { CIRCUSCTL_ENDPOINT: "" } })).requests.length, 1);
});
