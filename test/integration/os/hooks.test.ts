import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { utimes } from "node:fs/promises";
import test from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { HookFacts, HookOutcome, Log } from "../../../src/core/ports.js";
import type { HookName } from "../../../src/core/spec.js";
import { createHooks } from "../../../src/os/hooks.js";
import { repositoryPath } from "../../helpers/root.js";
import { tempDir } from "../../helpers/temp.js";

interface Logged extends Log {
  readonly lines: string[];
}

function makeLog(): Logged {
  const lines: string[] = [];
  const at = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
  return { lines, debug: () => undefined, info: at("info"), warning: at("warning"), error: at("error"), critical: at("critical") };
}

const fixture = (name: string): string => repositoryPath("test", "fixtures", name);
const own = (name: string): string => `${fixture("hooks.js")}:${name}`;
const spec = (target: string): { readonly target: string; readonly ignoreFailure: boolean } => ({ target, ignoreFailure: false });

function facts(hook: HookName, changes: Partial<HookFacts> = {}): HookFacts {
  return { watcher: "web", hook, env: { PATH: process.env["PATH"] ?? "" }, workingDir: null, ...changes };
}

async function run(target: string, hook: HookName = "before_start", changes: Partial<HookFacts> = {}): Promise<HookOutcome> {
  return createHooks({ log: makeLog() }).run(spec(target), facts(hook, changes), 20);
}

/** Waits until the process is gone, or dead and not yet waited for. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      if (/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) return;
    } catch {
      return;
    }
    await turn();
  }
}

function messageOf(outcome: HookOutcome): string {
  assert.equal(outcome.kind, "threw");
  return outcome.kind === "threw" ? outcome.message : "";
}

test("a module's answer is what its export returns, at once or later", async () => {
  assert.deepEqual(await run(own("goesOn")), { kind: "returned", value: true });
  assert.deepEqual(await run(own("refuses")), { kind: "returned", value: false });
  assert.deepEqual(await run(own("refusesLater")), { kind: "returned", value: false });
});

test("a module hook that returns nothing refuses, and where that decides the log says so", async () => {
  const log = makeLog();
  const hooks = createHooks({ log });
  assert.deepEqual(await hooks.run(spec(own("forgetsToReturn")), facts("before_start"), 20), { kind: "returned", value: false });
  assert.match(
    log.lines.join("\n"),
    /^warning: Hook before_start of watcher "web" returned undefined, which refuses: let ".*" return true/,
  );
  await hooks.run(spec(own("forgetsToReturn")), facts("after_stop"), 20);
  assert.equal(log.lines.length, 1);
});

test("what a module throws is a value with its message", async () => {
  assert.equal(messageOf(await run(own("throwsAtOnce"))), "no redis");
  assert.equal(messageOf(await run(own("rejectsLater"))), "no redis");
  assert.match(messageOf(await run(own("throwsNonsense"))), /^It threw \[Object/);
});

test("a module hook is called with one object that has Circus's names", async () => {
  const told = messageOf(
    await run(own("remembers"), "after_reap", { pid: 42, signum: 15, exitCode: -9, time: 1.5, env: { A: "1" }, workingDir: "/srv" }),
  );
  assert.deepEqual(JSON.parse(told), {
    watcher: "web",
    hook_name: "after_reap",
    pid: 42,
    signum: 15,
    exit_code: -9,
    time: 1.5,
    env: { A: "1" },
    working_dir: "/srv",
  });
  assert.deepEqual(JSON.parse(messageOf(await run(own("remembers")))), {
    watcher: "web",
    hook_name: "before_start",
    env: { PATH: process.env["PATH"] ?? "" },
    working_dir: null,
  });
});

test("a module hook that never answers has thrown after its time", async () => {
  const outcome = await createHooks({ log: makeLog() }).run(spec(own("neverAnswers")), facts("before_start"), 0.05);
  assert.match(messageOf(outcome), /hooks\.js:neverAnswers" took more than 0\.05 s$/);
});

test("extended_stats of a module adds its keys to a copy", async () => {
  const stats = { cpu: 1 };
  assert.deepEqual(await run(own("addsStats"), "extended_stats", { pid: 7, stats }), {
    kind: "returned",
    value: false,
    stats: { cpu: 1, requests: 7, pidSeen: 7 },
  });
  assert.deepEqual(stats, { cpu: 1 });
  assert.match(messageOf(await run(own("addsWhatJsonCannotHold"), "extended_stats", { stats })), /circular/i);
});

test("check() says what is wrong with a module and what to do", async (t) => {
  const dir = await tempDir(t);
  const hooks = createHooks({ log: makeLog() });
  const broken = await dir.write("broken.mjs", "export const a = 1;\nexport const = 2;\n");
  const throws = await dir.write("throws.mjs", "throw new Error('no database');\n");
  const cases = {
    [own("missing")]: /^Cannot load hook ".*": it has no export "missing"; it exports "addsStats", /,
    [own("number")]: /its export "number" is no function but of type number/,
    [`${dir.join("none.js")}:check`]: /no such file ".*none\.js"/,
    [`${broken}:a`]: /cannot be loaded: Unexpected token .*; "node --check FILE" shows where$/,
    [`${throws}:a`]: /cannot be loaded: no database$/,
    "no-such-package:check": /cannot be loaded: Cannot find package/,
    "myapp.hooks.check": /it is a Python name/,
    [`exec:${dir.join("none")}`]: /no such program/,
    [`exec:${broken}`]: /cannot be executed; make it executable with chmod \+x/,
  };
  for (const [target, text] of Object.entries(cases)) {
    const checked = await hooks.check(spec(target));
    assert.ok(!checked.ok, target);
    assert.match(checked.failure, text);
    if (!target.startsWith("exec:")) assert.equal(messageOf(await hooks.run(spec(target), facts("before_start"), 20)), checked.failure);
  }
  for (const target of [own("goesOn"), `exec:${fixture("hook-answers.sh")} 0`, "exec:true"])
    assert.ok((await hooks.check(spec(target))).ok, target);
});

test("a changed module is loaded anew, an unchanged one keeps its state", async (t) => {
  const dir = await tempDir(t);
  const hooks = createHooks({ log: makeLog() });
  for (const [name, exported] of [
    ["hooks.mjs", "export const check ="],
    ["hooks.cjs", "exports.check ="],
  ] as const) {
    const write = (answer: string): Promise<string> => dir.write(name, `let calls = 0;\n${exported} () => { ${answer} };\n`);
    const target = spec(`${await write("throw new Error('call ' + ++calls)")}:check`);
    assert.equal(messageOf(await hooks.run(target, facts("before_start"), 20)), "call 1");
    assert.equal(messageOf(await hooks.run(target, facts("before_start"), 20)), "call 2", name);
    await utimes(await write("return true"), 1, 1);
    assert.deepEqual(await hooks.run(target, facts("before_start"), 20), { kind: "returned", value: true }, name);
  }
});

test("a module that could not be loaded is tried again though its file is the same", async (t) => {
  const dir = await tempDir(t);
  const hooks = createHooks({ log: makeLog() });
  const target = spec(`${await dir.write("hooks.mjs", 'export { check } from "./part.mjs";\n')}:check`);
  assert.match(messageOf(await hooks.run(target, facts("before_start"), 20)), /part\.mjs/);
  await dir.write("part.mjs", "export const check = () => true;\n");
  assert.deepEqual(await hooks.run(target, facts("before_start"), 20), { kind: "returned", value: true });
});

test("a package is found in the node_modules of the base", async (t) => {
  const dir = await tempDir(t);
  await dir.write("node_modules/my-hooks/package.json", '{ "name": "my-hooks", "type": "module", "exports": "./index.js" }');
  await dir.write("node_modules/my-hooks/index.js", "export const check = () => true;\n");
  const hooks = createHooks({ log: makeLog(), base: dir.path });
  assert.deepEqual(await hooks.run(spec("my-hooks:check"), facts("before_start"), 20), { kind: "returned", value: true });
});

test("a program's exit code is its answer, and its output goes to the log", async () => {
  const log = makeLog();
  const hooks = createHooks({ log });
  const answer = (code: string): Promise<HookOutcome> =>
    hooks.run(spec(`exec:${fixture("hook-answers.sh")} ${code}`), facts("before_start"), 20);
  assert.deepEqual(await answer("0"), { kind: "returned", value: true });
  assert.deepEqual(log.lines.sort(), [
    'info: Hook before_start of watcher "web": checking for web',
    'warning: Hook before_start of watcher "web": complaint',
  ]);
  assert.deepEqual(await answer("1"), { kind: "returned", value: false });
  assert.deepEqual(await answer("125"), { kind: "returned", value: false });
  assert.match(messageOf(await answer("127")), /could not run a command \(exit code 127\)$/);
  assert.match(messageOf(await answer("kill")), /was killed by SIGKILL$/);
});

test("a program is told the facts in variables, in the watcher's environment and directory", async (t) => {
  const dir = await tempDir(t);
  const told = dir.join("told");
  const target = `exec:${fixture("hook-tells-facts.sh")} '${told}'`;
  const all = { pid: 42, signum: 15, exitCode: -9, time: 1.5, env: { PATH: "/usr/bin:/bin", APP_MODE: "x y" }, workingDir: dir.path };
  assert.deepEqual(await run(target, "after_reap", all), { kind: "returned", value: true });
  assert.deepEqual(readFileSync(told, "utf8").trim().split("\n"), [
    "APP_MODE=x y",
    "CIRCUS_EXIT_CODE=-9",
    "CIRCUS_HOOK=after_reap",
    "CIRCUS_PID=42",
    "CIRCUS_SIGNUM=15",
    "CIRCUS_TIME=1.5",
    "CIRCUS_WATCHER=web",
    dir.path,
  ]);
});

test("a program that takes too long is killed with its children and has thrown", async (t) => {
  const dir = await tempDir(t);
  const file = dir.join("pids");
  const hooks = createHooks({ log: makeLog() });
  const outcome = await hooks.run(spec(`exec:${fixture("hook-hangs-with-a-child.sh")} ${file}`), facts("before_start"), 1);
  assert.match(messageOf(outcome), /took more than 1 s and was killed$/);
  const pids = readFileSync(file, "utf8").trim().split(" ").map(Number);
  assert.equal(pids.length, 2);
  for (const pid of pids) await gone(pid);
});

test("a program that leaves a child with its output open does not keep the hook waiting", async (t) => {
  const dir = await tempDir(t);
  const log = makeLog();
  const outcome = await createHooks({ log }).run(
    spec(`exec:${fixture("hook-leaves-a-child.sh")} ${dir.join("pid")}`),
    facts("before_start"),
    60,
  );
  process.kill(Number(readFileSync(dir.join("pid"), "utf8")), "SIGKILL");
  assert.deepEqual(outcome, { kind: "returned", value: true });
  assert.deepEqual(log.lines, ['info: Hook before_start of watcher "web": last words']);
});

test("a program that cannot be started has thrown, with the reason", async (t) => {
  const dir = await tempDir(t);
  const script = await dir.write("script", "#!/no/such/interpreter\n", 0o755);
  const plain = await dir.write("plain", "", 0o644);
  assert.match(messageOf(await run("exec:/no/such/program")), /^Cannot run hook "exec:\/no\/such\/program": no such program/);
  assert.match(messageOf(await run("exec:/bin/true", "before_start", { workingDir: "/no/such" })), /no such directory "\/no\/such"$/);
  assert.match(messageOf(await run(`exec:${script}`)), /the interpreter in the first line of/);
  assert.match(messageOf(await run(`exec:${plain}`)), /cannot be executed by this user/);
  assert.match(messageOf(await run("exec:/bin/true a\0b")), /null bytes/);
});

test("extended_stats of a program gets the stats on stdin and prints its keys as JSON", async () => {
  const target = (printed: string): string => `exec:${fixture("hook-adds-stats.sh")} '${printed}'`;
  const stats = { cpu: 1 };
  assert.deepEqual(await run(target(""), "extended_stats", { stats }), {
    kind: "returned",
    value: true,
    stats: { cpu: 1, given: { cpu: 1 } },
  });
  assert.deepEqual(await run(target('{"cpu": 2, "x": []}'), "extended_stats", { stats }), {
    kind: "returned",
    value: true,
    stats: { cpu: 2, x: [] },
  });
  assert.deepEqual(await run("exec:/bin/true", "extended_stats", { stats }), { kind: "returned", value: true, stats });
  for (const printed of ["nonsense", "[1]", "7"])
    assert.match(messageOf(await run(target(printed), "extended_stats", { stats })), /no JSON object/);
});
