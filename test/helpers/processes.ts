/** A process host for one test, workers whose news can be awaited, and channels that keep what they read. */
import { createReadStream, existsSync } from "node:fs";
import { text } from "node:stream/consumers";
import type { Exit, OutputPlan, Pid, SpawnFailure, SpawnPlan } from "../../src/core/ports.js";
import { succeed, type Result } from "../../src/core/result.js";
import { loadNative, type Native } from "../../src/os/native.js";
import { LinuxProcessHost } from "../../src/os/process-host.js";
import type { AttachedChannel } from "../../src/os/streams/channel.js";

export interface Puppet {
  readonly pid: Pid;
  /** All news so far, in their order. */
  readonly news: readonly string[];
  readonly exited: Promise<{ readonly exit: Exit; readonly leftovers: boolean }>;
  readonly emptied: Promise<null>;
}

export interface StageOptions {
  readonly subreaper?: boolean;
  /** System calls in place of the real ones. */
  readonly native?: Partial<Native>;
}

export interface Stage {
  /** What the host has logged. */
  readonly errors: readonly string[];
  readonly host: LinuxProcessHost;
  /** Starts `argv` with the rest of the plan as in `PLAIN`. */
  attempt(plan: Partial<SpawnPlan>): Promise<Result<Puppet, SpawnFailure>>;
  /** The same, where a failure fails the test. */
  start(plan: Partial<SpawnPlan>): Promise<Puppet>;
  /** Releases the worker; the test has to end it. */
  release(puppet: Puppet): void;
  /** Runs a program to its end and returns what it wrote to stdout. */
  output(plan: Partial<SpawnPlan>): Promise<string>;
}

interface Cleanup {
  after(run: () => Promise<void>): void;
}

export const PLAIN: SpawnPlan = {
  watcher: "web",
  wid: 1,
  argv: ["true"],
  executable: null,
  workingDir: null,
  env: {},
  uid: null,
  gid: null,
  limits: {},
  stdin: { kind: "null" },
  stdout: { kind: "null" },
  stderr: { kind: "inherit" },
  sockets: [],
};

/** @example `const stage = setUp(t); const puppet = await stage.start({ argv: ["sleep", "60"] });` */
export function setUp(cleanup: Cleanup, { subreaper = true, native = {} }: StageOptions = {}): Stage {
  const errors: string[] = [];
  const log = { error: (message: string) => void errors.push(message) };
  const host = new LinuxProcessHost({ ...loadNative(), ...native }, { subreaper, alone: true, log });
  const living = new Set<Puppet>();
  // Neither signals nor orphans keep a program alive that waits for nothing else.
  const awake = setInterval(() => undefined, 60_000);
  cleanup.after(async () => {
    for (const puppet of living) host.signalTree(puppet.pid, 9);
    await Promise.all([...living].map((puppet) => puppet.emptied));
    await host.close();
    clearInterval(awake);
  });

  const attempt = async (plan: Partial<SpawnPlan>): Promise<Result<Puppet, SpawnFailure>> => {
    const news: string[] = [];
    const exited = later<{ readonly exit: Exit; readonly leftovers: boolean }>();
    const emptied = later<null>();
    const started = await host.spawn(
      { ...PLAIN, ...plan },
      {
        exited: (exit, leftovers) => {
          news.push("exited");
          exited.resolve({ exit, leftovers });
          if (!leftovers) emptied.resolve(null);
        },
        emptied: () => {
          news.push("emptied");
          emptied.resolve(null);
        },
      },
    );
    if (!started.ok) return started;
    const puppet: Puppet = { pid: started.value, news, exited: exited.promise, emptied: emptied.promise };
    living.add(puppet);
    void puppet.emptied.then(() => living.delete(puppet));
    return succeed(puppet);
  };

  const start = async (plan: Partial<SpawnPlan>): Promise<Puppet> => {
    const started = await attempt(plan);
    if (!started.ok) throw new Error(started.failure.message);
    return started.value;
  };

  return {
    errors,
    host,
    attempt,
    start,
    release: (puppet) => {
      living.delete(puppet);
      host.release(puppet.pid);
    },
    output: async (plan) => {
      const kept = keep();
      const puppet = await start({ ...plan, stdout: kept.plan });
      const written = await kept.text();
      await puppet.exited;
      return written;
    },
  };
}

/** A channel that reads one pipe to its end. */
export function keep(): { readonly plan: OutputPlan; readonly text: () => Promise<string>; readonly channel: AttachedChannel } {
  const written = later<string>();
  const channel: AttachedChannel = {
    spec: { class: "QueueStream", options: {} },
    dropped: 0,
    change: () => Promise.resolve(succeed(undefined)),
    reopen: () => undefined,
    close: () => Promise.resolve(),
    closeWhenIdle: () => undefined,
    attach: (fd) => written.resolve(text(createReadStream("", { fd }))),
  };
  return { plan: { kind: "channel", channel }, text: () => written.promise, channel };
}

/** Resolves when the condition holds; it is asked every few milliseconds, for things that no event tells. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export function isGone(pid: Pid): boolean {
  return !existsSync(`/proc/${pid}`);
}

/** Promise.withResolvers, which Node 20 does not have. */
function later<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T | PromiseLike<T>) => void } {
  let resolve: (value: T | PromiseLike<T>) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
