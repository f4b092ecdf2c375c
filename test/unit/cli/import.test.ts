import assert from "node:assert/strict";
import test from "node:test";
import { circusctl } from "../../helpers/circusctl.js";

const found = { ok: true, value: { ini: "[watcher:x]\ncmd = x\n", notes: 2 } } as const;

test("import prints the configuration, tells of notes where nobody sees them, and asks no daemon", async () => {
  const files: string[] = [];
  const run = await circusctl(["import", "supervisord.conf"], {
    import: async (file) => {
      files.push(file);
      return found;
    },
  });
  assert.deepEqual(run, {
    code: 0,
    stdout: "[watcher:x]\ncmd = x\n",
    stderr: '2 notes are in lines that begin with "#": read them, then try "circusd --check"\n',
    requests: [],
  });
  assert.deepEqual(files, ["supervisord.conf"]);
  assert.equal((await circusctl(["import", "x"], { import: async () => found, terminal: true })).stderr, "");
});

test("import of what cannot be read, and of no file, is told with its exit code", async () => {
  const missing = await circusctl(["import", "x.conf"]);
  assert.deepEqual([missing.code, missing.stderr], [1, 'circusctl: Cannot import "x.conf": no such file\n']);
  for (const words of [[], ["a", "b"]]) {
    const wrong = await circusctl(["import", ...words]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /usage: circusctl import <file>\n.*import takes one file/);
  }
  assert.match((await circusctl(["import", "x", "--waiting"])).stderr, /unrecognized arguments: --waiting/);
});

test("import works inside the shell, too", async () => {
  const { stdout } = await circusctl([], { stdin: "import a\nhelp import\n", import: async () => found, answer: () => ({ statuses: {} }) });
  assert.match(stdout, /cmd = x/);
  assert.match(stdout, /usage: circusctl import <file>/);
});
