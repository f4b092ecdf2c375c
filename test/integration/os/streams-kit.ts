/** Outputs on the real clock, and workers on real pipes. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import type { Log } from "../../../src/core/ports.js";
import type { OptionValue } from "../../../src/core/spec.js";
import { systemClock } from "../../../src/os/clock.js";
import type { AttachedChannel } from "../../../src/os/streams/channel.js";
import { createOutputs, type StreamOutputs } from "../../../src/os/streams/outputs.js";
import { type TempDir, tempDir } from "../../helpers/temp.js";

interface Cleanup {
  after(run: () => Promise<void>): void;
}

export interface Bench {
  readonly dir: TempDir;
  readonly outputs: StreamOutputs;
  readonly log: Log & { readonly lines: string[] };
  readonly open: (className: string, options: Record<string, OptionValue>, watcher?: string) => Promise<AttachedChannel>;
  /** Starts a shell script whose standard output goes to the channel; resolves when it is over. */
  readonly run: (channel: AttachedChannel, script: string) => Promise<void>;
  /** The same, with a pipe that the test writes. */
  readonly pipe: (channel: AttachedChannel, pid: number) => number;
}

/** @param stdout where StdoutStream writes to */
export async function bench(t: Cleanup, stdout = 1): Promise<Bench> {
  const log = memoryLog();
  const outputs = createOutputs({ log, clock: systemClock(), stdout });
  const channels: AttachedChannel[] = [];
  const children: ChildProcess[] = [];
  // The clock's timers do not keep a program alive, and a test has nothing else to wait for.
  const alive = setInterval(() => undefined, 1_000);
  let pipes = 0;
  t.after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(channels.map((channel) => channel.close()));
    clearInterval(alive);
  });
  const dir = await tempDir(t);

  const pipe = (channel: AttachedChannel, pid: number): number => {
    const fifo = dir.join(`fifo-${pipes++}`);
    execFileSync("mkfifo", [fifo]);
    const readFd = fs.openSync(fifo, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const writeFd = fs.openSync(fifo, "w");
    channel.attach(readFd, { pid, wid: 1, watcher: "web" });
    return writeFd;
  };

  return {
    dir,
    outputs,
    log,
    open: async (className, options, watcher = "web") => {
      const opened = await outputs.open({ class: className, options }, { watcher, stream: "stdout" });
      if (!opened.ok) throw new Error(opened.failure);
      channels.push(opened.value);
      return opened.value;
    },
    run: async (channel, script) => {
      const writeFd = pipe(channel, 1000 + children.length);
      const child = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", writeFd, "inherit"] });
      fs.closeSync(writeFd);
      children.push(child);
      await once(child, "exit");
    },
    pipe,
  };
}

/** Resolves when the fact holds; node:test's own limit ends a test whose fact never comes. */
export async function until(fact: () => boolean): Promise<void> {
  while (!fact()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The content of a file; empty where there is none. */
export function content(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, "latin1") : "";
}

/** What a log and its numbered or dated backups hold together, oldest first. */
export function family(file: string): readonly string[] {
  const name = path.basename(file);
  return fs
    .readdirSync(path.dirname(file))
    .filter((each) => each.startsWith(name))
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
}

function memoryLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (message: string): void => void lines.push(message);
  return { lines, debug: keep, info: keep, warning: keep, error: keep, critical: keep };
}
