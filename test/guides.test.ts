/** The guides keep to the programs: their configurations are sound, and the messages that they explain are those of the programs. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import test from "node:test";
import { promisify } from "node:util";
import { repositoryPath } from "./helpers/root.js";
import { tempDir } from "./helpers/temp.js";

const run = promisify(execFile);

/** What depends on the host that is examined, where the programs and directories of the guides do not exist. */
const OF_THE_HOST = /: warning: \[[^\]]+\]: (Workers will not start|Cannot run workers as that user and group)/;

function guide(name: string): string {
  return readFileSync(repositoryPath("docs", `${name}.md`), "utf8");
}

/** Blocks of INI in their order; those with a name are files that the one before them includes. */
function configurations(markdown: string): readonly ReadonlyMap<string, string>[] {
  const found: Map<string, string>[] = [];
  for (const [, name = "circus.ini", text = ""] of markdown.matchAll(/^```ini(?: (\S+))?\n([\s\S]*?)^```$/gm)) {
    if (name === "circus.ini") found.push(new Map());
    found.at(-1)?.set(name, text);
  }
  return found;
}

for (const name of ["operators", "security"]) {
  test(`circusd finds no fault in the configurations of docs/${name}.md`, async (t) => {
    const dir = await tempDir(t);
    const found = configurations(guide(name));
    assert.ok(found.length > 2);
    for (const files of found) {
      await rm(dir.join("conf.d"), { recursive: true, force: true });
      for (const [file, text] of files) await dir.write(file, text);
      // It is rejected, with what was printed, where the code is not 0.
      const { stdout, stderr } = await run(process.execPath, [repositoryPath("bin", "circusd.js"), "--check", "circus.ini"], {
        cwd: dir.path,
      });
      const faults = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("warning:") && !OF_THE_HOST.test(line));
      assert.deepEqual(faults, []);
    }
  });
}

/** The text of all sources of the programs and plugins. */
function sources(): string {
  const files = ["src", "plugins"].flatMap((room) =>
    readdirSync(repositoryPath(room), { recursive: true, encoding: "utf8" }).map((file) => repositoryPath(room, file)),
  );
  return files
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
}

/** Stands for a word that is a name or a number at each use. */
const ANY = "…";

/** Every three words of a message that follow each other, as they are and with each of them left open. */
function phrases(message: string): readonly string[] {
  const words = message.split(" ");
  const threes = words.slice(2).map((_, at) => words.slice(at, at + 3));
  return threes.flatMap((three) => [three, ...three.map((_, at) => three.with(at, ANY))]).map((three) => three.join(" "));
}

test("every message that docs/troubleshooting.md explains is one of the programs", () => {
  const text = sources().replace(/\S*\$\{[^{}]*\}\S*/g, ANY);
  const cells = [...guide("troubleshooting").matchAll(/^\| ([^|]*)\|/gm)].map((match) => match[1] ?? "");
  const messages = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ""));
  const long = messages.filter((message) => message.split(" ").length > 3);
  assert.ok(long.length > 40, `${long.length} messages`);
  assert.deepEqual(
    long.filter((message) => !phrases(message).some((phrase) => text.includes(phrase))),
    [],
  );
});
