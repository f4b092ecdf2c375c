import test from "node:test";
import assert from "node:assert/strict";
import { formatDiagnostic } from "../../../src/config/diagnose.js";
import { loadConfig } from "../../../src/config/load.js";
import { tempDir, type TempDir } from "../../helpers/temp.js";

const ENVIRONMENT = { HOME: "/home/me", EXTRA: "extra" };

async function load(
  dir: TempDir,
  file = "circus.ini",
): Promise<Awaited<ReturnType<typeof loadConfig>> & { readonly told: readonly string[] }> {
  const loaded = await loadConfig(dir.join(file), { environment: ENVIRONMENT });
  const told = loaded.diagnostics.map((diagnostic) => formatDiagnostic(diagnostic).replaceAll(`${dir.path}/`, ""));
  return { ...loaded, told };
}

function names(loaded: { readonly config: { readonly watchers: readonly { readonly name: string }[] } }): readonly string[] {
  return loaded.config.watchers.map(({ name }) => name);
}

test("loadConfig() reads included files and directories, relative to the main file", async (t) => {
  const dir = await tempDir(t);
  await dir.write(
    "circus.ini",
    "[circus]\ninclude = more.ini sites/*.conf\n  one.ini\ninclude_dir = $(circus.env.EXTRA) d*\n[watcher:main]\ncmd = x\n",
  );
  for (const file of [
    "more.ini",
    "sites/a.conf",
    "sites/b.conf",
    "sites/c.ini",
    "one.ini",
    "extra/e.ini",
    "extra/e.conf",
    "d1/x.ini",
    "d2/y.ini",
    "d2/.z.ini",
  ]) {
    await dir.write(file, `[watcher:${file}]\ncmd = x\n`);
  }
  const loaded = await load(dir);
  assert.deepEqual(loaded.told, []);
  assert.deepEqual(names(loaded), ["d1/x.ini", "d2/y.ini", "extra/e.ini", "main", "more.ini", "one.ini", "sites/a.conf", "sites/b.conf"]);
  assert.equal("incomplete" in loaded, false);
});

test("loadConfig() lets the main file go before the included ones, and the first of these before the later", async (t) => {
  const dir = await tempDir(t);
  await dir.write("circus.ini", "[circus]\ninclude = a.ini b.ini\n[watcher:w]\ncmd = main\n");
  await dir.write("a.ini", "[watcher:w]\ncmd = a\nargs = a\n");
  await dir.write("b.ini", "[watcher:w]\nargs = b\nnumprocesses = 2\n");
  const loaded = await load(dir);
  assert.deepEqual(
    loaded.config.watchers.map(({ cmd, args, numprocesses }) => [cmd, args, numprocesses]),
    [["main", "a", 2]],
  );
  assert.deepEqual(loaded.told, [
    `a.ini:2: warning: "cmd" in [watcher:w] is ignored: its first value, in circus.ini, line 4, counts`,
    `b.ini:2: warning: "args" in [watcher:w] is ignored: its first value, in a.ini, line 3, counts`,
  ]);
});

test("loadConfig() reads each file once, also where a pattern matches the main file", async (t) => {
  const dir = await tempDir(t);
  await dir.write("circus.ini", "[circus]\ninclude = *.ini other.ini\n[watcher:w]\ncmd = x\n");
  await dir.write("other.ini", "[watcher:o]\ncmd = x\n");
  assert.deepEqual((await load(dir)).told, []);
});

test("loadConfig() tells the faults of all files at once, in their order", async (t) => {
  const dir = await tempDir(t);
  await dir.write("circus.ini", "[circus]\ninclude = b.ini a.ini\nendpont = x\n[watcher:w]\ncmd = x\nnumprocesses = y\n");
  await dir.write("a.ini", "[watcher:a]\nnonsense\n[circus]\ninclude = b.ini\n");
  await dir.write("b.ini", "[socket:s]\nport = x\n[watcher:b]\ncmd = x\nsingleton = x\n");
  const loaded = await load(dir);
  assert.deepEqual(loaded.told, [
    'circus.ini:3: warning: "endpont" in [circus] is not an option and is ignored (did you mean "endpoint"?)',
    'circus.ini:6: error: Cannot use numprocesses "y" in [watcher:w]: expected an integer from 0 to 100000',
    'b.ini:2: error: Cannot use port "x" in [socket:s]: expected an integer from 0 to 65535',
    'b.ini:5: error: Cannot use singleton "x" in [watcher:b]: expected true or false (also yes, no, on, off, 1, 0)',
    "a.ini:1: error: [watcher:a] has no cmd: say which program to run",
    'a.ini:2: error: Cannot read "nonsense": expected "key = value" or "[section]"',
    'a.ini:4: warning: "include" in an included file is ignored: only the main configuration file includes others',
    'a.ini:4: warning: "include" in [circus] is ignored: its first value, in circus.ini, line 2, counts',
  ]);
  assert.deepEqual(loaded.faulty, { arbiter: false, cluster: false, watchers: ["a", "b", "w"], sockets: ["s"], plugins: [] });
});

test("loadConfig() warns where an include matches nothing", async (t) => {
  const dir = await tempDir(t);
  await dir.write("circus.ini", "[circus]\ninclude = nope.ini\ninclude_dir = nowhere\n");
  assert.deepEqual((await load(dir)).told, [
    'circus.ini:2: warning: Nothing matches "nope.ini": paths are relative to the main configuration file',
    'circus.ini:3: warning: Nothing matches "nowhere/*.ini": paths are relative to the main configuration file',
  ]);
});

test("loadConfig() says that it is incomplete where a file cannot be read", async (t) => {
  const dir = await tempDir(t);
  const missing = await load(dir, "gone.ini");
  assert.deepEqual([missing.told, missing.incomplete], [['error: Cannot read configuration "gone.ini": no such file'], true]);
  await dir.write("circus.ini", "[circus]\ninclude = sub\n[watcher:w]\ncmd = x\n");
  await dir.write("sub/x", "");
  const included = await load(dir);
  assert.deepEqual(included.told, ['circus.ini:2: error: Cannot read configuration "sub": it is a directory']);
  assert.deepEqual([names(included), included.incomplete], [["w"], true]);
});

test("loadConfig() refuses a file that is not UTF-8 and takes one with a byte order mark", async (t) => {
  const dir = await tempDir(t);
  await dir.write("latin.ini", Buffer.from("[watcher:gr\xf6\xdfe]\ncmd = x\n", "latin1"));
  assert.deepEqual((await load(dir, "latin.ini")).told, ['error: Cannot read configuration "latin.ini": it is not UTF-8 text']);
  await dir.write("bom.ini", "\uFEFF[watcher:größe]\r\ncmd = x\r\n");
  assert.deepEqual(names(await load(dir, "bom.ini")), ["größe"]);
});

test("loadConfig() finds modules of hooks and streams beside the file that names them", async (t) => {
  const dir = await tempDir(t);
  await dir.write("circus.ini", "[circus]\ninclude = sub/a.ini\n[watcher:m]\ncmd = x\nhooks.before_start = ../h.js:go\n");
  await dir.write("sub/a.ini", "[watcher:a]\ncmd = x\nhooks.before_start = ./h.js:go\nstdout_stream.class = ./s.js:Mine\n");
  const { config, told } = await load(dir);
  assert.deepEqual(told, []);
  const [a, m] = config.watchers;
  assert.equal(a?.hooks.before_start?.target, `${dir.join("sub/h.js")}:go`);
  assert.equal(a?.stdoutStream?.class, `${dir.join("sub/s.js")}:Mine`);
  assert.equal(m?.hooks.before_start?.target, `${dir.join("../h.js")}:go`);
});
