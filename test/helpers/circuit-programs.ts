/** Servers of a circuit on this host, and the program `circuit` beside them, for one test. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { eventually } from "./facts.js";
import { repositoryPath } from "./root.js";
import { tempDir, type TempDir } from "./temp.js";

const PROGRAM = repositoryPath("bin", "circuit.js");

/** Makes it stop when the test that started it is killed. */
const ENDS_WITH_US = ["--pdeathsig", "TERM", "--", process.execPath, PROGRAM];

const ADDRESS = /^circuit:\/\/\S+$/m;

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs, and what it has said so far. */
export class Running {
  readonly process: ChildProcess;
  readonly #said = { stdout: "", stderr: "" };
  readonly #ended: Promise<unknown>;

  /** @param isRead whether its standard output is read; what is not stays in the pipe */
  constructor(child: ChildProcess, isRead = true) {
    this.process = child;
    this.#ended = once(child, isRead ? "close" : "exit");
    if (isRead) child.stdout?.on("data", (chunk: Buffer) => (this.#said.stdout += chunk.toString("latin1")));
    child.stderr?.on("data", (chunk: Buffer) => (this.#said.stderr += chunk.toString()));
    // Whoever ends before it has read everything is in its rights.
    child.stdin?.on("error", () => undefined);
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get stdout(): string {
    return this.#said.stdout;
  }

  get stderr(): string {
    return this.#said.stderr;
  }

  get isOver(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  async ended(): Promise<Ran> {
    await this.#ended;
    return { code: this.process.exitCode, ...this.#said };
  }

  /** Waits until it has said so. */
  async says(pattern: RegExp): Promise<string> {
    return eventually(
      () => this.stdout + this.stderr,
      (text) => pattern.test(text),
    );
  }
}

/** A server, and how it is asked. */
export interface Served {
  readonly running: Running;
  /** `circuit://HOST:PORT/PID/Q…` */
  readonly address: string;
  readonly port: number;
}

export class CircuitPrograms {
  readonly dir: TempDir;
  readonly #env: NodeJS.ProcessEnv;
  readonly #all: Running[] = [];

  private constructor(dir: TempDir) {
    this.dir = dir;
    const { CIRCUIT: _file, CIRCUIT_DISCOVER: _group, CIRCUIT_HMAC: _key, ...rest } = process.env;
    this.#env = rest;
  }

  /** All of them end with the test. */
  static async of(t: TestContext): Promise<CircuitPrograms> {
    const programs = new CircuitPrograms(await tempDir());
    t.after(async () => {
      for (const one of programs.#all.toReversed()) {
        if (one.isOver) continue;
        one.signal("SIGTERM");
        one.signal("SIGCONT");
        await one.ended();
      }
      await programs.dir[Symbol.asyncDispose]();
    });
    return programs;
  }

  /** Starts a program `circuit` and lets it run. */
  begin(args: readonly string[], isRead = true): Running {
    const child = spawn("setpriv", [...ENDS_WITH_US, ...args], { cwd: this.dir.path, env: this.#env, stdio: "pipe" });
    const running = new Running(child, isRead);
    this.#all.push(running);
    return running;
  }

  /** Runs a program `circuit` to its end. */
  async run(args: readonly string[], input = ""): Promise<Ran> {
    const running = this.begin(args);
    running.process.stdin?.end(input, "latin1");
    return running.ended();
  }

  /** Starts a server at a free port, and waits until it has said where. */
  async serve(name: string, ...flags: readonly string[]): Promise<Served> {
    const running = this.begin(["start", "-a", "127.0.0.1:0", "--name", name, "--var", this.dir.join(name), ...flags]);
    await eventually(
      () => running.isOver || ADDRESS.test(running.stdout),
      (isDone) => isDone,
    );
    const address = ADDRESS.exec(running.stdout)?.[0];
    if (address === undefined) throw new Error(`circuit start failed: ${running.stderr}`);
    return { running, address, port: Number(new URL(address).port) };
  }

  /** The words of a command that asks one server. */
  words({ address }: Served, line: string): readonly string[] {
    const [command = "", ...rest] = line.split(" ");
    return [command, "-d", address, ...rest];
  }

  /** How one server is asked: a command with its arguments, and what it reads. */
  asking(server: Served, ...flags: readonly string[]): (line: string, input?: string) => Promise<Ran> {
    return (line, input) => this.run([...this.words(server, line), ...flags], input);
  }
}
