/** The tour of the README, typed into a shell. Pids, times and figures are compared by kind. */
import assert from "node:assert/strict";
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { copyFile, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import test from "node:test";
import { without } from "../helpers/partners.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";

interface Step {
  readonly command: string;
  readonly output: string;
}

/** Commands with what they print, from the blocks of the chapter "A tour". */
function stepsOf(readme: string): readonly Step[] {
  const tour = readme.slice(readme.indexOf("\n## A tour\n"), readme.indexOf("\n## What differs"));
  const blocks = [...tour.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
  return blocks.flatMap((block) =>
    [...block.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)].map((match) => ({ command: match[1] ?? "", output: match[2] ?? "" })),
  );
}

/** Numbers of one digit and what was counted stay; which worker answers first is chance. */
function kind(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "DATE")
    .replace(/\d+:\d\d\.\d+/g, "CPU")
    .replace(/\d+\.\d+[KMG]?|\d+[KMG]\b/g, "FIGURE")
    .replace(/ node \S+ /g, " node USER ")
    .replace(/worker \d+/g, "worker WID")
    .replace(/(?<!\d)\d{2,}(?!\d| Hello)/g, "PID");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

/** The next line of a stream. */
function lineReader(stream: Readable): () => Promise<string> {
  const lines = createInterface({ input: stream })[Symbol.asyncIterator]();
  return async () => {
    const line: IteratorResult<string, unknown> = await lines.next();
    assert.ok(line.done !== true, "the program has ended");
    return line.value;
  };
}

/** A shell that is given one command after the other. */
class Shell {
  readonly #bash: ChildProcessWithoutNullStreams;
  readonly #line: () => Promise<string>;

  constructor(directory: string, env: Readonly<Record<string, string>>) {
    this.#bash = spawn("bash", ["-s"], { cwd: directory, env: { ...process.env, ...env } });
    this.#line = lineReader(this.#bash.stdout);
    this.#bash.stdin.write("exec 2>&1\nshopt -s expand_aliases\n");
  }

  /** @returns what the command wrote */
  async run(command: string): Promise<string> {
    this.#bash.stdin.write(`${command}\necho "[done]"\n`);
    let text = "";
    for (;;) {
      const line = await this.#line();
      if (line === "[done]") return text;
      text += `${line}\n`;
    }
  }

  async close(): Promise<void> {
    this.#bash.stdin.end();
    if (this.#bash.exitCode === null) await once(this.#bash, "exit");
  }
}

/** A command that listens to events. */
class Listener {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #line: () => Promise<string>;

  constructor(command: string, env: Readonly<Record<string, string>>) {
    const args = [repositoryPath("bin/circusctl.js"), ...command.split(" ").slice(1)];
    this.#process = spawn(process.execPath, args, { env: { ...process.env, ...env } });
    this.#line = lineReader(this.#process.stdout);
  }

  /** A subscription takes effect at its own time: something that is told must happen until it is heard. */
  async ready(provoke: () => Promise<unknown>): Promise<void> {
    let heard = false;
    const first = this.#line().then(() => (heard = true));
    while (!heard) await provoke();
    await first;
  }

  /** @returns the next lines, without those of the trial */
  async lines(count: number): Promise<string> {
    const heard: string[] = [];
    while (heard.length < count) {
      const line = await this.#line();
      if (!line.includes(".updated: ")) heard.push(line);
    }
    return `${heard.join("\n")}\n`;
  }

  async close(): Promise<void> {
    this.#process.kill("SIGINT");
    if (this.#process.exitCode === null) await once(this.#process, "exit");
  }
}

const noCurl = without("curl", "--version");

test("the tour of the README goes as it says", { skip: noCurl }, async (t) => {
  const dir = await tempDir(t);
  const readme = await readFile(repositoryPath("README.md"), "utf8");
  const port = String(await freePort());
  const endpoint = `ipc://${dir.join("control")}`;
  const env = { CIRCUSCTL_ENDPOINT: endpoint };
  const ini = /^```ini\n([\s\S]*?)^```$/m.exec(readme)?.[1] ?? "";
  const ours = `${ini.replace("8080", port)}\n[circus]\nendpoint = ${endpoint}\npubsub_endpoint = ipc://${dir.join("events")}\n`;
  await dir.write("tour/circus.ini", ours);
  await copyFile(repositoryPath("examples/quickstart/server.js"), dir.join("tour/server.js"));

  const shell = new Shell(dir.join("tour"), env);
  t.after(async () => {
    await shell.run("[ ! -e pid ] || circusctl --timeout 20 quit --waiting; while [ -e pid ]; do sleep 0.02; done");
    await shell.close();
  });
  /** Listens while the command after it is typed. */
  let listener: { readonly process: Listener; readonly output: string } | null = null;
  const steps = stepsOf(readme);
  assert.ok(steps.length > 15);
  for (const { command, output } of steps) {
    if (command.startsWith("mkdir ")) continue;
    if (command.startsWith("circusctl listen ")) {
      const process = new Listener(command, env);
      listener = { process, output };
      await process.ready(() => shell.run("circusctl set web graceful_timeout 30"));
      continue;
    }
    const typed = command.replaceAll("$PWD/", repositoryPath("/")).replace("8080", port).replace("--daemon", "--daemon --pidfile pid");
    const real = await shell.run(typed);
    assert.equal(kind(real), kind(output), command);
    if (listener === null) continue;
    assert.equal(kind(await listener.process.lines(listener.output.trim().split("\n").length)), kind(listener.output));
    await listener.process.close();
    listener = null;
  }
});
