import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { describe, readConfiguration } from "../../../src/main/configuration.js";
import { tempDir } from "../../helpers/temp.js";

const NOTHING = { pidfile: null, loglevel: null, logoutput: null, loggerconfig: null };
const MODULE = "export const no = 1;\nexport function go() {}\nexport class Mine { write() {} }\n";

/** What is told of a watcher with these lines, the first of them being line 3, without the directory of the file. */
async function told(t: TestContext, ...lines: readonly string[]): Promise<readonly string[]> {
  const dir = await tempDir(t);
  await dir.write("module.mjs", MODULE);
  await dir.write("throws.mjs", 'throw new Error("of its own");\n');
  await dir.write("plain", "no program");
  const file = await dir.write("circus.ini", `[watcher:web]\n${["cmd = /bin/true", ...lines].join("\n")}\n`);
  const { loaded } = await readConfiguration(file, NOTHING);
  return loaded.diagnostics.map(describe).map((line) => line.replaceAll(`${dir.path}/`, ""));
}

test("hooks and streams whose modules can be loaded are no fault", async (t) => {
  assert.deepEqual(
    await told(t, "hooks.before_start = ./module.mjs:go", "hooks.after_start = exec:/bin/true", "stdout_stream.class = ./module.mjs:Mine"),
    [],
  );
});

test("a hook whose module or export does not exist is an error at its line, also where its failure is ignored", async (t) => {
  assert.deepEqual(await told(t, "hooks.before_start = ./nope.js:go", "hooks.after_start = ./module.mjs:stop, True"), [
    'circus.ini:3: error: [watcher:web]: Cannot load hook "nope.js:go": no such file "nope.js"; write the path of a module',
    'circus.ini:4: error: [watcher:web]: Cannot load hook "module.mjs:stop": it has no export "stop"; it exports "Mine", "go", "no"',
  ]);
});

test("a stream class that cannot be loaded is an error at its line", async (t) => {
  const lines = ["stdout_stream.class = ./nope.js:Mine", "stderr_stream.depth = 3", "stderr_stream.class = ./throws.mjs:Mine"];
  const [missing, thrown, ...more] = await told(t, ...lines);
  assert.match(
    missing ?? "",
    /^circus\.ini:3: error: \[watcher:web\]: Cannot load stream class "nope\.js:Mine": Cannot find module '[^']*'$/,
  );
  assert.equal(thrown, 'circus.ini:5: error: [watcher:web]: Cannot load stream class "throws.mjs:Mine": of its own');
  assert.deepEqual(more, []);
  assert.deepEqual(await told(t, "stdout_stream.class = ./module.mjs:no"), [
    'circus.ini:3: error: [watcher:web]: Cannot use "no" of "module.mjs" as a stream: it is no class',
  ]);
});

test("a user and a group that do not exist are errors, each at its line", async (t) => {
  const prefix = "error: [watcher:web]: Cannot run workers as that user and group:";
  assert.deepEqual(await told(t, "uid = nobody-of-that-name", "gid = no-group-of-that-name"), [
    `circus.ini:3: ${prefix} no such user "nobody-of-that-name"`,
    `circus.ini:4: ${prefix} no such group "no-group-of-that-name"`,
  ]);
  assert.deepEqual(await told(t, "gid = no-group-of-that-name"), [`circus.ini:3: ${prefix} no such group "no-group-of-that-name"`]);
});

test("a user whom this process may not become is a warning", { skip: process.geteuid?.() === 0 && "root may" }, async (t) => {
  const [warning] = await told(t, "uid = root");
  assert.match(warning ?? "", /^circus\.ini:3: warning: \[watcher:web\]: Cannot run workers as that user and group: only root may/);
});

test("directories, programs and virtualenvs that do not exist are warnings", async (t) => {
  const warning = "warning: [watcher:web]: Workers will not start:";
  assert.deepEqual(await told(t, "working_dir = /no/such/place"), [`circus.ini:3: ${warning} no such directory "/no/such/place"`]);
  assert.deepEqual(await told(t, "executable = /no/such/program"), [`circus.ini:3: ${warning} no such file "/no/such/program"`]);
  const [unfound] = await told(t, "[env:web]", "PATH = /bin", "[watcher:other]", "cmd = no-such-program", "[env:other]", "PATH = /bin");
  assert.equal(unfound, 'circus.ini:6: warning: [watcher:other]: Workers will not start: no program "no-such-program" in PATH "/bin"');
  const [bare] = await told(t, "copy_env = True", "virtualenv = /no/such/venv");
  assert.ok(bare?.startsWith(`circus.ini:4: ${warning} virtualenv "/no/such/venv" has no Python`), bare);
});

test("a program behind a variable or a shell is not looked for", async (t) => {
  assert.deepEqual(await told(t, "[watcher:a]", "cmd = run-$(circus.wid)", "[watcher:b]", "cmd = no-such-program | x", "shell = True"), []);
});

test("a command that cannot be added is an error at the line of commands", async (t) => {
  assert.deepEqual(await told(t, "[circus]", "commands = ./nope.js"), [
    'circus.ini:4: error: Cannot load command "nope.js": there is no such file; write the path of a module',
  ]);
  assert.deepEqual(await told(t, "[circus]", "loglevel = info", "commands = ./throws.mjs"), [
    'circus.ini:5: error: Cannot load command "throws.mjs": of its own',
  ]);
});

test("a key file that cannot be used is a warning at its line", async (t) => {
  assert.deepEqual(await told(t, "[cluster]", "key_file = /no/such/key"), [
    'circus.ini:4: warning: [cluster]: Cannot read the key file "/no/such/key": no such file; "circuit keygen > /no/such/key" makes one',
  ]);
  assert.deepEqual(await told(t, "[cluster]", "key_file = /"), [
    // A key that is there is not to be written over.
    'circus.ini:4: warning: [cluster]: Cannot read the key file "/": EISDIR: illegal operation on a directory, read',
  ]);
});

test("a plugin whose file does not exist is a warning at its line, where it is to run", async (t) => {
  assert.deepEqual(await told(t, "[plugin:mine]", "depth = 3", "use = ./nope.js:Mine"), [
    'circus.ini:5: warning: [plugin:mine]: The plugin will not start: no such file "nope.js"',
  ]);
  assert.deepEqual(await told(t, "[plugin:mine]", "use = ./module.mjs:Mine", "[plugin:off]", "use = ./nope.js", "active = False"), []);
});

test("a plugin's watcher is checked as any other", async (t) => {
  assert.deepEqual(await told(t, "[plugin:mine]", "use = flapping", "uid = nobody-of-that-name"), [
    'circus.ini:5: error: [plugin:mine]: Cannot run workers as that user and group: no such user "nobody-of-that-name"',
  ]);
});
