/** What is done to the workers of the soak, again and again. */
import { rename } from "node:fs/promises";
import { kill } from "../../test/helpers/facts.js";
import type { TempDir } from "../../test/helpers/temp.js";
import { pause } from "../samples.js";
import type { Subject } from "../subject.js";
import { PROGRAM } from "./configuration.js";

/** Milliseconds between two beats. */
const BEAT = 200;

interface Deed {
  /** At which beat it is done first, and how many beats apart from then on. */
  readonly from: number;
  readonly every: number;
  readonly run: (subject: Subject, dir: TempDir) => Promise<unknown>;
}

const DEEDS: readonly Deed[] = [
  { from: 0, every: 1, run: killOldest },
  { from: 3, every: 15, run: ({ client }) => client.call("reload", { name: "reloaded", waiting: true }) },
  { from: 7, every: 40, run: ({ client }) => client.call("restart", { name: "reloaded", waiting: true }) },
  { from: 11, every: 50, run: replaceProgram },
  { from: 13, every: 30, run: silenceOne },
  { from: 17, every: 20, run: ({ client }) => client.call("stats", {}) },
  { from: 19, every: 60, run: ({ client }) => client.call("stop", { name: "served", waiting: true }) },
  { from: 24, every: 60, run: ({ client }) => client.call("start", { name: "served", waiting: true }) },
  { from: 21, every: 25, run: ({ client }) => client.call("add", { name: "guest", cmd: "sleep 3600", start: true }) },
  { from: 23, every: 25, run: ({ client }) => client.call("rm", { name: "guest", waiting: true }) },
];

/** Does its deeds until it is told to stop. */
export async function mischief(subject: Subject, dir: TempDir, stop: AbortSignal): Promise<void> {
  for (let beat = 0; !stop.aborted; beat++) {
    const due = DEEDS.filter(({ from, every }) => beat >= from && (beat - from) % every === 0);
    await Promise.all([pause(BEAT), ...due.map(({ run }) => run(subject, dir))]);
  }
}

/** By then it has lived for a while, and its successor comes at once. */
async function killOldest(subject: Subject): Promise<void> {
  const [oldest] = [...(await subject.pids("killed"))].sort((one, other) => one - other);
  if (oldest !== undefined) kill(oldest, "SIGKILL");
}

/** A worker that lives and sends no heartbeats is the watchdog's. */
async function silenceOne(subject: Subject): Promise<void> {
  const [first] = await subject.pids("beating");
  if (first !== undefined) kill(first, "SIGUSR2");
}

/** As an installer does it. */
async function replaceProgram(_subject: Subject, dir: TempDir): Promise<void> {
  await rename(await dir.write("program.new", PROGRAM, 0o755), dir.join("program"));
}
