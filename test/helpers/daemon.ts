/** A real circusd for one test: its own directory, its own endpoints, everything gone when the test ends. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { CircusClient } from "../../src/client/call.js";
import { subscribe, type Events } from "../../src/client/listen.js";
import { openZmq } from "../../src/wire/zmq/transport.js";
import type { CircusEvent } from "../../src/wire/event.js";
import { eventually } from "./facts.js";
import { repositoryPath } from "./root.js";
import { tempDir, type TempDir } from "./temp.js";

interface TestContext {
  after(run: () => Promise<void>): void;
}

export interface DaemonOptions {
  /** Lines for the [circus] section besides the endpoints. */
  readonly circus?: string;
  /** All other sections. */
  readonly ini?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files written beside circus.ini before the start, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** A directory that is there already, to start a second daemon in. */
  readonly dir?: TempDir;
  /** Commands put in front of node, such as prlimit. */
  readonly wrapper?: readonly string[];
}

export interface CtlResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long a fact is waited for before the test fails, in milliseconds. */
const PATIENCE = 20_000;

/** Makes circusd stop when the test that started it is killed. */
const ENDS_WITH_US = ["setpriv", "--pdeathsig", "TERM"];

export class Daemon {
  readonly dir: TempDir;
  readonly process: ChildProcess;
  readonly client: CircusClient;
  /** Every event since the subscription, oldest first. */
  readonly events: CircusEvent[] = [];
  readonly endpoint: string;
  readonly pubsub: string;
  #output = "";
  #subscription: Events | null = null;
  /** endpoint_owner, whose uid every added watcher must have. */
  readonly #owner: string | null;
  readonly #changed = new Set<() => void>();

  private constructor(dir: TempDir, { process, client, owner }: { process: ChildProcess; client: CircusClient; owner: string | null }) {
    this.dir = dir;
    this.#owner = owner;
    this.process = process;
    this.client = client;
    this.endpoint = endpointIn(dir);
    this.pubsub = pubsubIn(dir);
    process.stderr?.on("data", (chunk: Buffer) => {
      this.#output += chunk.toString();
      this.#notify();
    });
    process.on("exit", () => {
      this.#notify();
    });
  }

  /** Starts circusd and waits until it answers and its events arrive. */
  static async start(t: TestContext, options: DaemonOptions = {}): Promise<Daemon> {
    // Its own directory goes after the daemon: hooks and logs in it are in use until then.
    const dir = options.dir ?? (await tempDir());
    for (const [name, text] of Object.entries(options.files ?? {})) await dir.write(name, text, 0o755);
    await dir.write("circus.ini", configuration(dir, options));
    // Once circusd runs nothing may come between it and its clean-up.
    const transport = await openZmq();
    const [program, ...args] = [...(options.wrapper ?? ENDS_WITH_US), process.execPath, repositoryPath("bin", "circusd.js"), "circus.ini"];
    const child = spawn(program ?? process.execPath, [...args, ...(options.args ?? [])], {
      cwd: dir.path,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const client = new CircusClient({ transport, endpoint: endpointIn(dir), timeout: PATIENCE / 1000 });
    const owner = /^endpoint_owner *= *(\S+)/m.exec(options.circus ?? "")?.[1] ?? null;
    const daemon = new Daemon(dir, { process: child, client, owner });
    t.after(async () => {
      try {
        await daemon.#end();
      } finally {
        if (options.dir === undefined) await dir[Symbol.asyncDispose]();
      }
    });
    await daemon.#listen();
    return daemon;
  }

  /** What circusd has written to its standard error so far. */
  get output(): string {
    return this.#output;
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error("circusd did not start");
    return this.process.pid;
  }

  /** Runs circusctl against this daemon. */
  async ctl(...args: string[]): Promise<CtlResult> {
    const child = spawn(process.execPath, [repositoryPath("bin", "circusctl.js"), "--endpoint", this.endpoint, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    await once(child, "close");
    return { code: child.exitCode, stdout, stderr };
  }

  async pids(name: string): Promise<readonly number[]> {
    const reply = await this.client.call("list", { name });
    if (!("pids" in reply)) throw new Error("no pids in the reply");
    return reply.pids;
  }

  /** Pids of a watcher once there are that many, in rising order. */
  async processes(name: string, count: number): Promise<readonly number[]> {
    return eventually(
      () => this.pids(name),
      (pids) => pids.length === count,
    );
  }

  /** The pid of a watcher's only process, once it runs. */
  async onlyProcess(name: string): Promise<number> {
    const [pid = 0] = await this.processes(name, 1);
    return pid;
  }

  async status(name: string): Promise<string> {
    return (await this.client.call("status", { name })).status;
  }

  /** Waits for an event that has come or will come; `count` is how many there must be. */
  async event(topic: string, count = 1): Promise<CircusEvent> {
    const found = () => this.events.filter((event) => event.topic === topic)[count - 1];
    await this.until(() => found() !== undefined, `event ${topic} (${count})`);
    const event = found();
    if (event === undefined) throw new Error("internal: the event was there");
    return event;
  }

  count(topic: string): number {
    return this.events.filter((event) => event.topic === topic).length;
  }

  /** Waits until the log says it. */
  async logged(pattern: RegExp): Promise<void> {
    await this.until(() => pattern.test(this.#output), `the log to match ${pattern}`);
  }

  /** Waits until something holds that events, output or the end of circusd bring about. */
  async until(holds: () => boolean, what: string): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#changed.delete(look);
        reject(new Error(`Waited in vain for ${what}\n${this.#output}`));
      }, PATIENCE);
      const look = () => {
        if (!holds()) return;
        clearTimeout(timer);
        this.#changed.delete(look);
        resolve();
      };
      this.#changed.add(look);
    });
  }

  /** Waits for circusd to end by itself. @returns its exit code */
  async exit(): Promise<number | null> {
    await this.until(() => this.process.exitCode !== null || this.process.signalCode !== null, "circusd to end");
    return this.process.exitCode;
  }

  /** A subscription takes effect at its own time: events of a watcher that comes and goes show when. */
  async #listen(): Promise<void> {
    this.#subscription = subscribe({ transport: await openZmq(), endpoint: this.pubsub });
    const subscription = this.#subscription;
    void (async () => {
      for await (const event of subscription) {
        this.events.push(event);
        this.#notify();
      }
    })();
    const ended = () => this.process.exitCode !== null || this.process.signalCode !== null;
    const exit = once(this.process, "exit");
    while (this.events.length === 0) {
      if (ended()) throw new Error(`circusd ended\n${this.#output}`);
      const probe = this.client
        .call("add", { name: "probe", cmd: "true", options: this.#owner === null ? {} : { uid: this.#owner } })
        .then(() => this.client.call("rm", { name: "probe", waiting: true }));
      await Promise.race([probe, exit]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.events.length = 0;
  }

  #notify(): void {
    for (const look of [...this.#changed]) look();
  }

  async #end(): Promise<void> {
    const family = descendants(this.pid);
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill("SIGTERM");
      const killer = setTimeout(() => this.process.kill("SIGKILL"), PATIENCE);
      await once(this.process, "exit");
      clearTimeout(killer);
    }
    this.#subscription?.[Symbol.dispose]();
    await this.client[Symbol.asyncDispose]();
    for (const pid of family) if (isAlive(pid)) throw new Error(`process ${pid} was left behind`);
  }
}

function endpointIn(dir: TempDir): string {
  return `ipc://${dir.join("control.sock")}`;
}

function pubsubIn(dir: TempDir): string {
  return `ipc://${dir.join("events.sock")}`;
}

function configuration(dir: TempDir, options: DaemonOptions): string {
  return `[circus]\nendpoint = ${endpointIn(dir)}\npubsub_endpoint = ${pubsubIn(dir)}\n${options.circus ?? ""}\n\n${options.ini ?? ""}\n`;
}

/** Pids of all processes below one, from the kernel's own lists. */
export function descendants(pid: number): number[] {
  try {
    const below = readdirSync(`/proc/${pid}/task`).flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" "));
    const children = below.filter((text) => text !== "").map(Number);
    return children.flatMap((child) => [child, ...descendants(child)]);
  } catch {
    return [];
  }
}

/** Whether a process runs; a zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !["Z", "X"].includes(stat.slice(stat.lastIndexOf(")") + 2)[0] ?? "X");
  } catch {
    return false;
  }
}
