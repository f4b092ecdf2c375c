/**
 * Many servers of one circuit on one machine, in a network namespace of their own, so that its loopback device carries their traffic
 * and nothing else.
 */
import type { ChildProcess } from "node:child_process";
import { descendants } from "../test/helpers/daemon.js";
import { openHosts, type Host } from "../test/helpers/hosts.js";
import { repositoryPath } from "../test/helpers/root.js";
import { tempDir, type TempDir } from "../test/helpers/temp.js";
import { cpuSeconds, memory } from "./machine.js";
import { pause } from "./samples.js";

/** What each of them costs while nothing happens. */
export interface Cost {
  /** Percent of a core. */
  readonly cpu: number;
  /** KiB a second that it sends; as much comes in. */
  readonly traffic: number;
  /** MiB, shared pages in part. */
  readonly memory: number;
}

/** One program that says whom it sees. */
export interface Participant {
  readonly name: string;
  readonly process: ChildProcess;
  /** Names of those that it sees, itself not among them. */
  readonly seen: Set<string>;
}

/** How its lines tell who comes and who goes. */
export interface Words {
  readonly comes: RegExp;
  readonly goes: RegExp;
}

/** Milliseconds for what joining has left behind to settle. */
const REST = 5000;
const WINDOW = 6000;
/** Programs that start at once. */
const AT_ONCE = 10;
/** Milliseconds between two looks at what all have said, and how long it may take. */
const LOOK = 10;
const PATIENCE = 120_000;

export class Fleet implements AsyncDisposable {
  readonly all: Participant[] = [];
  readonly dir: TempDir;
  readonly host: Host;
  readonly #words: Words;
  readonly #cleanup: (() => Promise<void>)[];

  private constructor(words: Words, dir: TempDir, { host, cleanup }: { host: Host; cleanup: (() => Promise<void>)[] }) {
    this.#words = words;
    this.dir = dir;
    this.host = host;
    this.#cleanup = cleanup;
  }

  static async open(words: Words): Promise<Fleet> {
    const cleanup: (() => Promise<void>)[] = [];
    const [host] = await openHosts({ after: (run) => void cleanup.push(run) }, 1);
    if (host === undefined) throw new Error("There is no host");
    return new Fleet(words, await tempDir(), { host, cleanup });
  }

  /** Starts one; its lines are read from then on. */
  add(name: string, program: string, args: readonly string[]): Participant {
    const child = this.host.start(program, args);
    const participant: Participant = { name, process: child, seen: new Set() };
    this.all.push(participant);
    for (const stream of [child.stdout, child.stderr]) this.#read(participant, stream);
    return participant;
  }

  /** Starts more until there are so many, and waits until each sees all. */
  async grow(count: number, start: (name: string) => Participant): Promise<void> {
    while (this.all.length < count) {
      const most = Math.min(count, this.all.length + AT_ONCE);
      while (this.all.length < most) start(`s${this.all.length}`);
      await this.agree();
    }
  }

  async agree(): Promise<void> {
    await wait(() => {
      const dead = this.all.find(({ process: { exitCode } }) => exitCode !== null);
      if (dead !== undefined) throw new Error(`${dead.name} has ended with code ${dead.process.exitCode ?? 0}`);
      return this.all.every(({ seen }) => seen.size === this.all.length - 1);
    }, "everybody to see all the others");
  }

  /** Milliseconds until all others have seen that one go. */
  async lose(signal: "SIGKILL" | "SIGSTOP"): Promise<number> {
    const last = this.all.pop();
    if (last?.process.pid === undefined) throw new Error("There is nobody to lose");
    const family = descendants(last.process.pid);
    const begun = performance.now();
    last.process.kill(signal);
    await wait(() => this.all.every(({ seen }) => !seen.has(last.name)), "everybody to see one go");
    const took = performance.now() - begun;
    if (signal === "SIGSTOP") for (const pid of [last.process.pid, ...family]) process.kill(pid, "SIGKILL");
    return took;
  }

  /** What one of them costs, over some seconds in which nothing happens. */
  async cost(): Promise<Cost> {
    await pause(REST);
    const pids = this.all.flatMap(({ process: { pid = 0 } }) => [pid, ...descendants(pid)]);
    const spent = (): number => pids.map(cpuSeconds).reduce((sum, one) => sum + one, 0);
    const [cpu, sent, begun] = [spent(), await this.#sent(), performance.now()];
    await pause(WINDOW);
    const seconds = (performance.now() - begun) / 1000;
    const [more, bytes] = [spent() - cpu, (await this.#sent()) - sent];
    const held = pids.map((pid) => memory(pid).pss).reduce((sum, one) => sum + one, 0);
    const each = this.all.length;
    return { cpu: (100 * more) / seconds / each, traffic: bytes / 1024 / seconds / each, memory: held / each };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const run of this.#cleanup.toReversed()) await run();
    await this.dir[Symbol.asyncDispose]();
  }

  /** Bytes that the loopback device has carried. */
  async #sent(): Promise<number> {
    const { stdout } = await this.host.run("cat", "/proc/net/dev");
    return Number(/lo:\s*(\d+)/.exec(stdout)?.[1]);
  }

  #read({ name, seen }: Participant, stream: NodeJS.ReadableStream | null): void {
    let rest = "";
    stream?.on("data", (chunk: Buffer) => {
      const lines = `${rest}${chunk.toString()}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const [, comer] = this.#words.comes.exec(line) ?? [];
        const [, goer] = this.#words.goes.exec(line) ?? [];
        if (comer !== undefined && comer !== name) seen.add(comer);
        if (goer !== undefined) seen.delete(goer);
      }
    });
  }
}

/** The program `circuit`. */
export const CIRCUIT = repositoryPath("bin", "circuit.js");

/** Looks again and again, but not so often that it costs what is measured. @throws after two minutes without */
async function wait(holds: () => boolean, what: string): Promise<void> {
  const due = performance.now() + PATIENCE;
  while (!holds()) {
    if (performance.now() > due) throw new Error(`Waited in vain for ${what}`);
    await pause(LOOK);
  }
}
