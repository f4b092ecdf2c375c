/** Every example of docs/circuit-library.md runs as it stands, with the package found by its name. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import test from "node:test";
import { promisify } from "node:util";
import { fileWith } from "../helpers/facts.js";
import { repositoryPath, repositoryRoot } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";

const ADDRESS = "circuit://127.0.0.1:11022";

const text = readFileSync(repositoryPath("docs", "circuit-library.md"), "utf8");
const examples = text
  .split(/^## /m)
  .flatMap((section) =>
    [...section.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => [section.split("\n")[0] ?? "", code] as const),
  );

/** What each prints, by the heading that it stands under. */
const OUTPUT: Readonly<Record<string, RegExp>> = {
  Connecting: /^\/X[0-9a-f]{16} here alive\n$/,
  Processes: /^8\n9\n10\nexited 0\n$/,
  Streams: /^there and back$/,
  Channels: /^one message\ntwo\nthree\nfour\n$/,
  "Servers that come and go": /^join here \n$/,
  Errors: /^no-such-server\n$/,
};

test("the examples of docs/circuit-library.md do what they say", async (t) => {
  const dir = await tempDir();
  await mkdir(dir.join("node_modules"));
  await symlink(repositoryRoot(), dir.join("node_modules/circusd"));
  const program = `exec "${process.execPath}" "${repositoryPath("bin", "circuit.js")}" start -a 127.0.0.1:0 --name here --var . > address`;
  const server = spawn("setpriv", ["--pdeathsig", "TERM", "sh", "-c", program], { cwd: dir.path, stdio: "ignore" });
  t.after(async () => {
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    await ended;
    await dir[Symbol.asyncDispose]();
  });
  const address = (await fileWith(dir.join("address"), /\n/)).trim();
  assert.deepEqual(
    examples.map(([title]) => title),
    Object.keys(OUTPUT),
  );
  // Each has anchors of its own, so that they need not wait for each other.
  await Promise.all(
    examples.map(async ([title, code], number) => {
      const file = dir.join(`${number}.mjs`);
      await writeFile(file, code.replace(ADDRESS, address));
      const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: dir.path });
      assert.match(stdout, OUTPUT[title] ?? assert.fail(title), title);
    }),
  );
});
