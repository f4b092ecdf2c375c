/** Every example of docs/library.md runs as it stands, with the package found by its name. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import test, { type TestContext } from "node:test";
import { promisify } from "node:util";
import { Daemon } from "../helpers/daemon.js";
import { repositoryPath, repositoryRoot } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";

const ENDPOINT = "tcp://127.0.0.1:5555";

const text = readFileSync(repositoryPath("docs", "library.md"), "utf8");
const examples = [...text.matchAll(/^## (.+?)$|^```js\n([\s\S]*?)^```$/gm)].reduce<{ title: string; found: [string, string][] }>(
  ({ title, found }, [, heading, code]) => ({
    title: heading ?? title,
    found: code === undefined ? found : [...found, [title, code] satisfies [string, string]],
  }),
  { title: "", found: [] },
).found;

/** What each prints, by the heading that it stands under. */
const OUTPUT: Readonly<Record<string, RegExp>> = {
  "An arbiter of your own": /^three processes are kept alive\n$/,
  "Watchers and processes": /^active 3\n(\d+: [\d.]+ % of a core, \d+ bytes\n){3}$/,
  Events: /watcher\.hello\.spawn [\s\S]*watcher\.hello\.reap /,
  "Any command": /^1\n3 program nobody not found\n$/,
  "A circusd elsewhere": /^1 1\n$/,
};

async function run(t: TestContext, code: string): Promise<string> {
  const dir = await tempDir();
  t.after(() => dir[Symbol.asyncDispose]());
  await mkdir(dir.join("node_modules"));
  await symlink(repositoryRoot(), dir.join("node_modules/circusd"));
  await writeFile(dir.join("example.mjs"), code);
  return (await promisify(execFile)(process.execPath, ["example.mjs"], { cwd: dir.path })).stdout;
}

test("docs/library.md has the examples that are expected", () => {
  assert.deepEqual(
    examples.map(([title]) => title),
    Object.keys(OUTPUT),
  );
});

for (const [title, code] of examples) {
  test(`the example "${title}" of docs/library.md does what it says`, async (t) => {
    const output = OUTPUT[title] ?? assert.fail(`nothing is expected of "${title}"`);
    const daemon = code.includes(ENDPOINT) ? await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600" }) : null;
    if (daemon !== null) await daemon.onlyProcess("web");
    assert.match(await run(t, code.replace(ENDPOINT, daemon?.endpoint ?? ENDPOINT)), output);
  });
}
