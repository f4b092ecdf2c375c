/** Programs of the benchmark that run in processes of their own, so that what they cost is not ours. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isObject } from "../src/wire/codec.js";

export class Program implements AsyncDisposable {
  readonly process: ChildProcess;
  #output = "";

  /** @param name of a file in `programs` */
  constructor(name: string, ...args: readonly string[]) {
    this.process = spawn(process.execPath, [programPath(name), ...args], { stdio: ["pipe", "pipe", "inherit"] });
    this.process.stdout?.on("data", (chunk: Buffer) => (this.#output += chunk.toString()));
  }

  /** Waits until it has written a first line. */
  async ready(): Promise<void> {
    while (!this.#output.includes("\n")) await once(this.process.stdout ?? this.process, "data");
  }

  /** Waits for its end. @returns the figures of its last line */
  async result(): Promise<Figures> {
    await once(this.process, "close");
    const line = this.#output.trim().split("\n").at(-1) ?? "";
    const figures: unknown = JSON.parse(line);
    if (!isObject(figures)) throw new Error(`Cannot read "${line}": it is no object`);
    return new Figures(figures);
  }

  /** Tells it to come to an end. */
  finish(): void {
    this.process.stdin?.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill("SIGKILL");
    await once(this.process, "exit");
  }
}

export class Figures {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  number(name: string): number {
    const value = this.#values[name];
    if (typeof value !== "number") throw new Error(`Cannot read "${name}": it is no number`);
    return value;
  }

  numbers(name: string): readonly number[] {
    const value = this.#values[name];
    if (!Array.isArray(value)) throw new Error(`Cannot read "${name}": it is no list`);
    return value.map(Number);
  }
}

/** Runs a program to its end. */
export async function runProgram(name: string, ...args: readonly string[]): Promise<Figures> {
  return new Program(name, ...args).result();
}

export function programPath(name: string): string {
  return fileURLToPath(new URL(`programs/${name}.js`, import.meta.url));
}
