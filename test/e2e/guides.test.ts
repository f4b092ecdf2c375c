/** The guides for who comes from another program, typed into a shell: the files that they show, and what is printed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import test from "node:test";
import { eventually } from "../helpers/facts.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir, type TempDir } from "../helpers/temp.js";

interface Guide {
  readonly files: readonly (readonly [name: string, text: string])[];
  readonly steps: readonly { readonly command: string; readonly output: string }[];
}

/** Blocks with a file's name are files, blocks of a console are typed. */
function read(name: string): Guide {
  const markdown = readFileSync(repositoryPath("docs", `${name}.md`), "utf8");
  const blocks = [...markdown.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, info = "", text = ""]) => ({ info, text }));
  const files = blocks.flatMap(({ info, text }) => {
    const file = /^\w+ (\S+)$/.exec(info)?.[1];
    return file === undefined ? [] : [[file, text] as const];
  });
  const steps = blocks
    .filter(({ info }) => info === "console")
    .flatMap(({ text }) => [...text.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)])
    .map(([, command = "", output = ""]) => ({ command, output }));
  return { files, steps };
}

/** Puts the programs into a directory: circusd with endpoints of the test's own. */
async function install(dir: TempDir): Promise<string> {
  const program = (name: string): string => `exec "${process.execPath}" "${repositoryPath("bin", `${name}.js`)}" "$@"\n`;
  const section = ["endpoint", "pubsub_endpoint"].map((name) => `${name} = ipc://${dir.join(name)}`).join("\\n");
  const own = `case "$*" in *--check*) ;; *) printf '\\n[circus]\\n${section}\\n' >> circus.ini ;; esac\n`;
  await dir.write("bin/circusd", `#!/bin/sh\n${own}${program("circusd")}`, 0o755);
  await dir.write("bin/circusctl", `#!/bin/sh\n${program("circusctl")}`, 0o755);
  return dir.join("bin");
}

/** Pids are chance. */
function kind(text: string): string {
  return text.replace(/\b\d{3,}\b/g, "PID");
}

for (const name of ["from-circus", "from-supervisord", "from-pm2"]) {
  test(`docs/${name}.md does what it shows`, async (t) => {
    const dir = await tempDir();
    const bin = await install(dir);
    const { files, steps } = read(name);
    for (const [file, text] of files) await dir.write(`work/${file}`, text);
    const env = { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}`, CIRCUSCTL_ENDPOINT: `ipc://${dir.join("endpoint")}` };
    const type = (command: string): string =>
      spawnSync("sh", ["-c", `{ ${command}\n} 2>&1`], { cwd: dir.join("work"), env, encoding: "utf8", timeout: 60_000 }).stdout;
    let running = false;
    t.after(async () => {
      if (running) type("circusctl quit --waiting --timeout 30");
      await dir[Symbol.asyncDispose]();
    });
    assert.ok(files.length > 0 && steps.length > 0);
    for (const { command, output } of steps) {
      const expected = kind(output);
      if (command.startsWith("circusd --daemon")) running = true;
      // What a worker writes is there when it has written it; everything else is so at once.
      const printed = command.startsWith("cat ")
        ? await eventually(
            () => kind(type(command)),
            (text) => text === expected,
          )
        : kind(type(command));
      assert.equal(printed, expected, `$ ${command}`);
      if (command.startsWith("circusctl quit")) running = false;
    }
  });
}
