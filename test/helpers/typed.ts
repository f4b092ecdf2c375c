/** What a document tells to type, typed: its files are written, its commands are run, and what they print is compared by kind. */
import assert from "node:assert/strict";
import { execFile, spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { repositoryPath } from "./root.js";

const run = promisify(execFile);

export interface Command {
  readonly command: string;
  readonly output: string;
}

export type Step = Command | { readonly file: string; readonly text: string };

/**
 * Files, from blocks that name one after their language, and commands with what they print, from blocks of `console`.
 * @param from the line with which the part that is meant begins
 * @param to the line before which it ends
 */
export function stepsOf(markdown: string, from: string, to: string): readonly Step[] {
  const begin = markdown.indexOf(`\n${from}\n`);
  const end = markdown.indexOf(`\n${to}`, begin + 1);
  assert.ok(begin >= 0 && end > begin, `no part from "${from}" to "${to}"`);
  const blocks = [...markdown.slice(begin, end).matchAll(/^```(\S+)(?: (\S+))?\n([\s\S]*?)^```$/gm)];
  return blocks.flatMap(([, language, file, text = ""]): readonly Step[] => {
    if (file !== undefined) return [{ file, text }];
    return language === "console" ? commandsOf(text) : [];
  });
}

function commandsOf(block: string): readonly Command[] {
  return [...block.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)].map((match) => ({ command: match[1] ?? "", output: match[2] ?? "" }));
}

/** Numbers of one digit and what was counted stay; which worker answers first is chance, and so is the width of a column. */
export function kind(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "DATE")
    .replace(/\d+:\d\d\.\d+/g, "CPU")
    .replace(/\d+\.\d+[KMG]?|\d+[KMG]\b/g, "FIGURE")
    .replace(/\b(\d+[hm])*\d+s\b/g, "AGE")
    .replace(/ node \S+ /g, " node USER ")
    .replace(/\S+ +node$/gm, "USER node")
    .replace(/worker \d+/g, "worker WID")
    .replace(/ {2,}/g, " ")
    .replace(/(?<!\d)\d{2,}(?!\d| Hello| answers)/g, "PID");
}

/** How long the next line is waited for before the test fails, in milliseconds. */
const PATIENCE = 30_000;

/** The next line of a stream. */
function lineReader(stream: Readable): () => Promise<string> {
  const lines = createInterface({ input: stream })[Symbol.asyncIterator]();
  return () =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("Waited in vain for a line")), PATIENCE);
      const next: Promise<IteratorResult<string, unknown>> = lines.next();
      void next
        .then((line) => (line.done === true ? reject(new Error("The program has ended")) : resolve(line.value)), reject)
        .finally(() => clearTimeout(timer));
    });
}

export interface Place {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

const QUIT = "[ ! -e pid ] || kill $(cat pid); while [ -e pid ]; do sleep 0.02; done";

/** A shell that is given one command after the other. */
export class Shell {
  readonly #bash: ChildProcessWithoutNullStreams;
  readonly #line: () => Promise<string>;
  readonly #place: Place;

  constructor(place: Place) {
    const { directory, env } = place;
    this.#place = place;
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

  /** Ends the shell, also where it waits for something, and a circusd that was started with `--pidfile pid`, if there is one. */
  async close(): Promise<void> {
    this.#bash.kill("SIGKILL");
    if (this.#bash.exitCode === null && this.#bash.signalCode === null) await once(this.#bash, "exit");
    const { directory, env } = this.#place;
    await run("bash", ["-c", QUIT], { cwd: directory, env: { ...process.env, ...env } });
  }
}

/** A command in a terminal of its own, which runs until it is interrupted. */
export class Foreground {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #line: () => Promise<string>;

  constructor(command: string, { directory, env }: Place) {
    this.#process = spawn("bash", ["-c", `exec 2>&1; exec ${command}`], { cwd: directory, env: { ...process.env, ...env } });
    this.#line = lineReader(this.#process.stdout);
  }

  /** A subscription takes effect at its own time: something that is told must happen until it is heard. */
  async ready(provoke: () => Promise<unknown>): Promise<void> {
    let heard = false;
    const first = this.#line().finally(() => (heard = true));
    while (!heard) await provoke();
    await first;
  }

  /** @returns the next lines, without those that tell of a changed option */
  async lines(count: number): Promise<string> {
    const heard: string[] = [];
    while (heard.length < count) {
      const line = await this.#line();
      if (!line.includes(".updated: ")) heard.push(line);
    }
    return heard.map((line) => `${line}\n`).join("");
  }

  /** Presses Ctrl-C. */
  interrupt(): void {
    this.#process.kill("SIGINT");
  }

  /** Interrupts it, and waits for its end. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.interrupt();
    await ended;
  }
}

/** A shell script that runs one of circusd's programs, with words of the test's own before those that are typed. */
export function starterOf(program: string, ...words: readonly string[]): string {
  return `#!/bin/sh\nexec "${process.execPath}" "${repositoryPath("bin", `${program}.js`)}" ${words.join(" ")} "$@"\n`;
}
