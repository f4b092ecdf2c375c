/** Plugins of users under a real circusd, and by hand with circus-plugin. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import test from "node:test";
import { Daemon, isAlive } from "../helpers/daemon.js";
import { commandOf, eventually, fileWith, kill } from "../helpers/facts.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir, type TempDir } from "../helpers/temp.js";

/** A plugin as a user writes it: no package named circusd is anywhere near the directory that it is copied to. */
const LOGGER = readFileSync(repositoryPath("test", "fixtures", "plugins", "logs-events.js"), "utf8");
const CLUMSY = readFileSync(repositoryPath("test", "fixtures", "plugins", "throws-at-once.js"), "utf8");

const WEB = "[watcher:web]\ncmd = sleep 60\n";

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

type Act = (output: string, pid: number | undefined) => void;

interface Invocation {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Acts at the first time that the plugin has said that; more may have come in the same moment. */
function upon(words: string, act: (pid: number | undefined) => void): Act {
  let done = false;
  return (text, pid) => {
    if (done || !text.includes(words)) return;
    done = true;
    act(pid);
  };
}

/** Runs circus-plugin in a directory until it ends; `act` is told what it has written so far. */
async function byHand(dir: TempDir, { args, env = {} }: Invocation, act: Act = () => undefined): Promise<Ran> {
  const child = spawn(process.execPath, [repositoryPath("bin", "circus-plugin.js"), ...args], {
    cwd: dir.path,
    env: { ...process.env, ...env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      act(output, child.pid);
    });
  }
  await once(child, "close");
  return { code: child.exitCode, output: output.replace(/^\d\S+ \S+ /gm, "").replace(/\[\d+\]/g, "[PID]") };
}

test("a plugin from a file beside circus.ini hears every event, with options that have blanks and quotes", async (t) => {
  const ini = `${WEB}[plugin:logger]\nuse = ./plugins/logger.js:Logger\nfilename = events.log\ngreeting = "two  words":::and 'more'\n`;
  const daemon = await Daemon.start(t, { ini, files: { "plugins/logger.js": LOGGER } });
  await fileWith(daemon.dir.join("events.log"), /^ready "two {2}words":::and 'more'$/m);
  const log = await eventually(
    async () => {
      await daemon.client.call("restart", { name: "web", waiting: true });
      return readFileSync(daemon.dir.join("events.log"), "utf8");
    },
    // Its subscription takes effect at its own time: of the first restart it may hear the end alone.
    (text) => /^reap web [\s\S]*^spawn web [\s\S]*^start web /m.test(text),
  );
  assert.match(log, /^reap web \{"process_pid":\d/m);
  assert.match(log, /^spawn web \{"process_pid":\d+,"time":\d/m);
  await daemon.client.call("stop", { name: "plugin:logger", waiting: true });
  assert.match(readFileSync(daemon.dir.join("events.log"), "utf8"), /\nstop\n$/);
});

test("active = False starts no plugin, and an unknown one is a warning with its place while everything else starts", async (t) => {
  const ini = `[plugin:asleep]\nuse = ./logger.js\nactive = False\n[plugin:python]\nuse = myproject.plugins.Logger\n${WEB}`;
  const daemon = await Daemon.start(t, { ini, files: { "logger.js": LOGGER } });
  await daemon.onlyProcess("web");
  const reply = await daemon.client.call("list", {});
  assert.deepEqual("watchers" in reply ? reply.watchers : [], ["web"]);
  assert.match(
    daemon.output,
    /circus\.ini:\d+: warning: Cannot start \[plugin:python\] with use "myproject\.plugins\.Logger": it is a Python name/,
  );
});

test("a plugin writes its log where circusd writes its own", async (t) => {
  const ini = "[plugin:logger]\nuse = ./logger.js\nfilename = events.log\ncolour = red\n";
  const daemon = await Daemon.start(t, { circus: "logoutput = circus.log", ini, files: { "logger.js": LOGGER } });
  await fileWith(daemon.dir.join("circus.log"), /logger\[\d+\] \[WARNING\] \[plugin:logger\] has an option "colour" that nobody reads/);
  assert.equal(daemon.output, "");
});

test("a plugin that throws is started again, ever more slowly, with its stack in the log, and circusd goes on", async (t) => {
  const ini = `${WEB}[plugin:clumsy]\nuse = ./clumsy.mjs\nrestart_delay = 0.01\n`;
  const daemon = await Daemon.start(t, { ini, files: { "clumsy.mjs": CLUMSY } });
  const web = await daemon.onlyProcess("web");
  await daemon.event("watcher.plugin:clumsy.reap", 3);
  assert.match(daemon.output, /clumsy\[\d+\] \[CRITICAL\] Error: clumsy\n +at Clumsy\.handleInit \(file:.*clumsy\.mjs:5/);
  assert.match(JSON.stringify((await daemon.event("watcher.plugin:clumsy.reap")).payload), /"exit_code":1\b/);
  assert.equal(await daemon.onlyProcess("web"), web);
});

test("reloadconfig restarts the plugin whose option has changed, and that one alone", async (t) => {
  const ini = (greeting: string) =>
    `[plugin:one]\nuse = ./logger.js\nfilename = one.log\ngreeting = ${greeting}\n[plugin:two]\nuse = ./logger.js\nfilename = two.log\n${WEB}`;
  const daemon = await Daemon.start(t, { ini: ini("hello"), files: { "logger.js": LOGGER } });
  await fileWith(daemon.dir.join("one.log"), /^ready hello$/m);
  const [web, two] = [await daemon.onlyProcess("web"), await daemon.onlyProcess("plugin:two")];
  const text = readFileSync(daemon.dir.join("circus.ini"), "utf8");
  await daemon.dir.write("circus.ini", text.replace("greeting = hello", "greeting = goodbye"));
  await daemon.client.call("reloadconfig", { waiting: true });
  await fileWith(daemon.dir.join("one.log"), /^ready goodbye$/m);
  assert.deepEqual([await daemon.onlyProcess("web"), await daemon.onlyProcess("plugin:two")], [web, two]);
});

test("a plugin ends when the circusd that started it is killed", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: "[plugin:logger]\nuse = ./logger.js\nfilename = events.log\n",
    files: { "logger.js": LOGGER },
  });
  const pid = await daemon.onlyProcess("plugin:logger");
  await fileWith(daemon.dir.join("events.log"), /^ready/m);
  assert.ok(commandOf(pid).includes("--name"));
  assert.doesNotMatch(commandOf(pid).join(" "), /events\.log/, "a command line is shown to everybody");
  kill(daemon.pid, "SIGKILL");
  await fileWith(daemon.dir.join("events.log"), /^stop$/m);
  await eventually(
    () => isAlive(pid),
    (alive) => !alive,
  );
});

test("circus-plugin runs a plugin by hand in the words of Circus, until a signal", async (t) => {
  const dir = await tempDir(t);
  await dir.write("logger.js", LOGGER);
  const ends = ["--endpoint", `ipc://${dir.join("a")}`, "--pubsub", `ipc://${dir.join("b")}`];
  const interrupt = upon("Starting\n", (pid) => void fileWith(dir.join("events.log"), /ready/).then(() => kill(pid, "SIGINT")));
  const { code, output } = await byHand(dir, { args: [...ends, "--config", "filename:events.log", "./logger.js:Logger"] }, interrupt);
  assert.equal(code, 0);
  assert.equal(
    output,
    `Logger[PID] [INFO] Loading the plugin...
Logger[PID] [INFO] Endpoint: 'ipc://${dir.join("a")}'
Logger[PID] [INFO] Pub/sub: 'ipc://${dir.join("b")}'
Logger[PID] [INFO] Starting
Logger[PID] [INFO] Stopping
`,
  );
  assert.equal(readFileSync(dir.join("events.log"), "utf8"), "ready \nstop\n");
});

test("a second signal ends a plugin whose handleStop hangs", async (t) => {
  const dir = await tempDir(t);
  await dir.write("hangs.js", LOGGER);
  const told = (words: RegExp, pid: number | undefined): void => {
    void fileWith(dir.join("events.log"), words).then(() => kill(pid, "SIGTERM"));
  };
  const first = upon("Starting\n", (pid) => told(/ready/, pid));
  const second = upon("Stopping\n", (pid) => told(/stop/, pid));
  const ended = byHand(dir, { args: ["--config", "filename:events.log:::hangs:yes", "./hangs.js"] }, (text, pid) => {
    first(text, pid);
    second(text, pid);
  });
  assert.equal((await ended).code, 3);
});

test("a plugin in TypeScript runs where Node itself runs it, and elsewhere it is said which Node does", async (t) => {
  const dir = await tempDir(t);
  const body = 'import { CircusPlugin } from "circusd/plugin";\nexport class Typed extends CircusPlugin {\n';
  await dir.write("typed.ts", `${body}  handleInit(): void {\n    throw new Error("typed");\n  }\n  handleRecv(): void {}\n}\n`);
  const { output } = await byHand(dir, { args: ["./typed.ts"] });
  const runs = Boolean(Reflect.get(process.features, "typescript"));
  assert.match(
    output,
    runs ? /Error: typed\n +at Typed\.handleInit/ : /Node \S+ does not run TypeScript; compile it, or use Node 22\.18 or newer\n$/,
  );
});

test("circus-plugin reaches circusd through ssh, which ends with it", async (t) => {
  const dir = await tempDir(t);
  await dir.write("logger.js", LOGGER);
  await dir.write("bin/ssh", readFileSync(repositoryPath("test", "fixtures", "pretends-to-be-ssh.js")), 0o755);
  await dir.write("bin/package.json", '{ "type": "module" }');
  const env = { PATH: `${dir.join("bin")}:${process.env["PATH"] ?? ""}`, SSH_RECORD: dir.join("record"), TMPDIR: dir.path };
  const args = [
    "--ssh",
    "me@far:2222",
    "--endpoint",
    "tcp://127.0.0.1:1",
    "--pubsub",
    "tcp://*:2",
    "--config",
    "filename:log",
    "./logger.js",
  ];
  const { code, output } = await byHand(
    dir,
    { args, env },
    upon("Starting\n", (pid) => kill(pid, "SIGTERM")),
  );
  assert.equal(code, 0, output);
  const record = readFileSync(dir.join("record"), "utf8");
  assert.match(record, /"-p","2222",.*"-L","[^"]*:127\.0\.0\.1:2","--","me@far"/);
  assert.equal(isAlive(Number(/"pid":(\d+)/.exec(record)?.[1])), false);
});

const FAULTS: readonly (readonly [title: string, use: string, text: string, told: RegExp])[] = [
  ["a file that is not there", "./none.js", "", /Cannot load plugin "\.\/none\.js": there is no such file; write the path of a module\n$/],
  ["a package that is not there", "circus-none", "", /Cannot load plugin "circus-none": Cannot find package 'circus-none'/],
  [
    "a module that lacks one",
    "./mine.js",
    'import "lacking";',
    /Cannot load plugin "\.\/mine\.js": Cannot find package 'lacking' imported from .*mine\.js\n$/,
  ],
  [
    "an export that is not there",
    "./mine.js:Nope",
    LOGGER,
    /Cannot load plugin "\.\/mine\.js:Nope": it has no export "Nope"; it exports "Logger"\n$/,
  ],
  [
    "a text that cannot be parsed",
    "./mine.mjs",
    "foo bar",
    /Cannot load plugin "\.\/mine\.mjs": Unexpected identifier.*; "node --check FILE" shows where\n$/,
  ],
  [
    "an import of what is not exported",
    "./mine.mjs",
    'import { no } from "node:fs";',
    /mine\.mjs:1: The requested module 'node:fs' does not provide/,
  ],
  ["a module that throws", "./mine.mjs", 'throw new Error("no way");', /\[CRITICAL\] Error: no way\n +at file:.*mine\.mjs:1/],
  [
    "an option that cannot be used",
    "flapping",
    "",
    /\[CRITICAL\] Cannot use attempts = "x" in \[plugin:Flapping\]: expected an integer of 1 or more\n$/,
  ],
];

for (const [title, use, text, told] of FAULTS) {
  test(`circus-plugin tells of ${title} and exits with 1`, async (t) => {
    const dir = await tempDir(t);
    if (use.startsWith("./m")) await dir.write(use.replace(/:.*/, ""), text);
    const { code, output } = await byHand(dir, { args: ["--config", "attempts:x", use] });
    assert.match(output, told);
    assert.equal(code, 1);
  });
}

test("circus-plugin finds a package from the working directory, also one for import alone", async (t) => {
  const dir = await tempDir(t);
  const manifest = { name: "circus-mine", type: "module", exports: { import: "./mine.js" } };
  await dir.write("node_modules/circus-mine/package.json", JSON.stringify(manifest));
  await dir.write("node_modules/circus-mine/mine.js", CLUMSY);
  const { output } = await byHand(dir, { args: ["circus-mine"] });
  assert.match(output, /Error: clumsy\n/);
});
