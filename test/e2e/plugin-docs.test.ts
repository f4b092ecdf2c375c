/** The plugins that docs/plugins.md shows run as they stand there, under a circusd with the sections beside them. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { once } from "node:events";
import test from "node:test";
import ts from "typescript";
import { Daemon } from "../helpers/daemon.js";
import { eventually, kill } from "../helpers/facts.js";
import { repositoryPath, repositoryRoot } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";

const TEXT = readFileSync(repositoryPath("docs", "plugins.md"), "utf8");
const BLOCKS = [...TEXT.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => ({ info: match[1] ?? "", text: match[2] ?? "" }));

/** The block of that kind, or that file. */
function block(info: string, having = ""): string {
  return BLOCKS.find((one) => one.info === info && one.text.includes(having))?.text ?? assert.fail(`no block "${info}" with "${having}"`);
}

const WEB = block("ini", "[watcher:web]");
const [WATCHER = ""] = WEB.split("[plugin:flap]");

test("every block of docs/plugins.md is one that is tried here", () => {
  assert.deepEqual(
    BLOCKS.map(({ info }) => info),
    ["ini", "js logger.js", "ini", "ts more.ts", "ini", "console"],
  );
});

test("the section and the logger of docs/plugins.md do what they say", async (t) => {
  const daemon = await Daemon.start(t, { ini: `${WEB}${block("ini", "logger")}`, files: { "logger.js": block("js logger.js") } });
  await daemon.onlyProcess("plugin:flap");
  const log = await eventually(
    async () => {
      await daemon.client.call("restart", { name: "web", waiting: true });
      return readFileSync(daemon.dir.join("events.log"), { encoding: "utf8", flag: "a+" });
    },
    (text) => /^start web::/m.test(text),
  );
  assert.match(log, /^spawn web::\{"process_pid":\d+,"time":[\d.]+\}$/m);
});

test("the plugin in TypeScript of docs/plugins.md has the types that it claims, and does what it says", async (t) => {
  const source = block("ts more.ts");
  const dir = await tempDir(t);
  await dir.write("package.json", '{ "type": "module" }');
  mkdirSync(dir.join("node_modules"));
  symlinkSync(repositoryRoot(), dir.join("node_modules", "circusd"));
  const { target, module } = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext };
  const program = ts.createProgram([await dir.write("more.ts", source)], {
    target,
    module,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  });
  assert.deepEqual(
    ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
    [],
  );
  const compiled = ts.transpileModule(source, { compilerOptions: { target, module: ts.ModuleKind.ES2022 } }).outputText;
  const section = block("ini", "more").replace("more.ts", "more.mjs");
  const daemon = await Daemon.start(t, { ini: `${WATCHER}${section}`, files: { "more.mjs": compiled } });
  await daemon.logged(/more\[\d+\] \[INFO\] Starting/);
  // When it hears events is its secret.
  for (let deaths = 1; !/web has 2 processes now/.test(daemon.output); deaths += 1) {
    const [pid] = await daemon.pids("web");
    if (pid !== undefined) kill(pid, "SIGKILL");
    await daemon.event("watcher.web.reap", deaths);
    await daemon.event("watcher.web.spawn", deaths);
  }
  assert.match(daemon.output, /more\[\d+\] \[INFO\] web has 2 processes now/);
});

test("circus-plugin says what docs/plugins.md shows", async (t) => {
  const [command = "", ...shown] = block("console").trimEnd().split("\n");
  const dir = await tempDir(t);
  await dir.write("logger.js", block("js logger.js"));
  const [, ...args] = command.replace(/^\$ /, "").split(" ");
  const child = spawn(process.execPath, [repositoryPath("bin", "circus-plugin.js"), ...args], { cwd: dir.path });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (said.endsWith("Starting\n")) kill(child.pid, "SIGINT");
  });
  await once(child, "close");
  const plain = (line: string): string => line.replace(/^\S+ \S+ /, "").replace(/\d+\]/, "PID]");
  assert.deepEqual(said.split("\n").slice(0, shown.length).map(plain), shown.map(plain));
});
