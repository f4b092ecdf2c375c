/**
 * Hosts of a network in one machine: network namespaces with cables to a switch in a namespace of its own, so that nothing of this
 * machine's network is touched. Each namespace is held by a process that ends with its standard input: even a test that is killed
 * leaves nothing behind.
 */
import { execFile, spawn, type ChildProcess, type ChildProcessWithoutNullStreams, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { spawnSync } from "node:child_process";
import { repositoryPath } from "./root.js";

interface Cleanup {
  after(run: () => Promise<void>): void;
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HostOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdio?: StdioOptions;
}

/** Of what is sent, in each direction, from 0 to 1. */
export interface Loss {
  readonly sending: number;
  readonly receiving: number;
}

export interface Host {
  readonly name: string;
  readonly address: string;
  /** Starts a program, whose pid is that of the child; it is killed when the test ends. */
  start(program: string, args: readonly string[], options?: HostOptions): ChildProcess;
  /** Runs a program to its end. */
  run(program: string, ...args: readonly string[]): Promise<Ran>;
  /** Pulls the cable out of the switch, and puts it in again. */
  unplug(): Promise<void>;
  plug(): Promise<void>;
  /** Gives it a bad cable, until it is mended. */
  lose(loss: Loss): Promise<void>;
  mend(): Promise<void>;
  /** How often TCP sends again what nobody has acknowledged before the connection breaks; Linux has 15, which is a quarter of an hour. */
  setPatience(retries: number): Promise<void>;
}

const NEEDED = [
  ["ip", "-V"],
  ["nsenter", "--version"],
  ["unshare", "--version"],
] as const;

/** Why there can be no hosts here, or false. */
export function withoutHosts(): string | false {
  if (process.getuid?.() !== 0) return "network namespaces need root";
  const missing = NEEDED.find(([program, flag]) => spawnSync(program, [flag]).status !== 0);
  if (missing !== undefined) return `there is no ${missing[0]}`;
  return spawnSync("unshare", ["--net", "ip", "link", "add", "v0", "type", "veth"]).status === 0
    ? false
    : "network namespaces are not allowed";
}

/**
 * Makes hosts `h1`, `h2`… at 10.77.0.1, 10.77.0.2… that reach each other and nobody else.
 * @example `const [one, other] = await openHosts(t, 2);`
 */
export async function openHosts(t: Cleanup, count: number): Promise<readonly Host[]> {
  const network = await Namespace.open(t);
  await network.ip(["link set lo up", "link add br0 type bridge mcast_snooping 0", "link set br0 up"]);
  return Promise.all(Array.from({ length: count }, (_, index) => NamespaceHost.open(t, network, index + 1)));
}

/** A network namespace, held open. */
class Namespace {
  readonly pid: number;

  private constructor(pid: number) {
    this.pid = pid;
  }

  static async open(t: Cleanup): Promise<Namespace> {
    const holder = spawn("unshare", ["--net", "cat"], { stdio: ["pipe", "pipe", "inherit"] });
    t.after(() => ended(holder, () => holder.stdin.end()));
    holder.stdin.write("ready\n");
    await once(createInterface({ input: holder.stdout }), "line");
    if (holder.pid === undefined) throw new Error("Cannot hold a network namespace");
    return new Namespace(holder.pid);
  }

  /** The words of a command that runs in it. */
  command(program: string, args: readonly string[]): readonly [string, readonly string[]] {
    return ["nsenter", [`--net=/proc/${this.pid}/ns/net`, program, ...args]];
  }

  run(program: string, args: readonly string[], options: HostOptions & { readonly input?: string } = {}): Promise<Ran> {
    const [command, words] = this.command(program, args);
    return new Promise((resolve) => {
      const { cwd, env } = options;
      const settings = { cwd, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
      const child = execFile(command, words, settings, (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }));
      // A program that reads nothing may have ended by then.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(options.input ?? "");
    });
  }

  /** @throws where one of the commands fails */
  async ip(commands: readonly string[]): Promise<void> {
    const { code, stderr } = await this.run("ip", ["-batch", "-"], { input: `${commands.join("\n")}\n` });
    if (code !== 0) throw new Error(`Cannot set up a network: ${stderr}`);
  }
}

interface Place {
  readonly t: Cleanup;
  readonly network: Namespace;
  readonly inside: Namespace;
  readonly number: number;
}

class NamespaceHost implements Host {
  readonly name: string;
  readonly address: string;
  readonly #place: Place;
  #bad: ChildProcessWithoutNullStreams | null = null;

  private constructor(place: Place) {
    this.#place = place;
    this.name = `h${place.number}`;
    this.address = `10.77.0.${place.number}`;
  }

  static async open(t: Cleanup, network: Namespace, number: number): Promise<Host> {
    const inside = await Namespace.open(t);
    const host = new NamespaceHost({ t, network, inside, number });
    await network.ip([
      `link add p${number} type veth peer name eth0 netns ${inside.pid}`,
      `link set p${number} master br0`,
      `link set p${number} up`,
    ]);
    await inside.ip(["link set lo up", `addr add ${host.address}/24 dev eth0`, "link set eth0 up"]);
    return host;
  }

  start(program: string, args: readonly string[], options: HostOptions = {}): ChildProcess {
    const { cwd, env, stdio = ["ignore", "pipe", "pipe"] } = options;
    const [command, words] = this.#place.inside.command(program, args);
    const child = spawn(command, words, { cwd, env: { ...process.env, ...env }, stdio });
    this.#place.t.after(() => ended(child, () => child.kill("SIGKILL")));
    return child;
  }

  run(program: string, ...args: readonly string[]): Promise<Ran> {
    return this.#place.inside.run(program, args);
  }

  unplug(): Promise<void> {
    return this.#place.network.ip([`link set p${this.#place.number} down`]);
  }

  plug(): Promise<void> {
    return this.#place.network.ip([`link set p${this.#place.number} up`]);
  }

  async lose({ sending, receiving }: Loss): Promise<void> {
    await this.mend();
    const { network, number, t } = this.#place;
    await network.ip([
      `link add q${number} type veth peer name r${number}`,
      `link set q${number} up promisc on`,
      `link set r${number} master br0`,
      `link set r${number} up`,
      `link set p${number} nomaster`,
      `link set p${number} promisc on`,
    ]);
    const fixture = repositoryPath("test", "fixtures", "loses-packets.py");
    const [command, words] = network.command("python3", [fixture, `p${number}`, `q${number}`, String(sending), String(receiving)]);
    const relay = spawn(command, words, { stdio: ["pipe", "pipe", "pipe"] });
    t.after(() => ended(relay, () => relay.stdin.end()));
    await once(createInterface({ input: relay.stdout }), "line");
    this.#bad = relay;
  }

  async mend(): Promise<void> {
    const relay = this.#bad;
    if (relay === null) return;
    this.#bad = null;
    await ended(relay, () => relay.stdin.end());
    const { network, number } = this.#place;
    await network.ip([`link del q${number}`, `link set p${number} master br0`]);
  }

  async setPatience(retries: number): Promise<void> {
    const { code, stderr } = await this.run("sh", "-c", `echo ${retries} > /proc/sys/net/ipv4/tcp_retries2`);
    if (code !== 0) throw new Error(`Cannot set the patience of TCP on ${this.name}: ${stderr}`);
  }
}

/** Ends a child and waits until it has. */
async function ended(child: ChildProcess, end: () => unknown): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  end();
  await gone;
}
