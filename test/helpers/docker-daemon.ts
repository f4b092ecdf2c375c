/**
 * Debian's docker.io for one test: an engine with directories, a socket and a containerd of its own, without any network, and an
 * image made of busybox-static.
 */
import { execFile, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { descendants } from "./daemon.js";
import { eventually, kill } from "./facts.js";
import { tempDir, type TempDir } from "./temp.js";

interface Cleanup {
  after(run: () => Promise<void>): void;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const PROGRAM = "/usr/sbin/dockerd";
const BUSYBOX = "/bin/busybox";
/** What the image can do. */
const APPLETS = ["cat", "dd", "echo", "env", "head", "kill", "ls", "printf", "pwd", "sh", "sleep", "stat", "test", "touch", "wc", "yes"];

/** Why a test that needs a container engine cannot run, or false. */
export function withoutDocker(): string | false {
  const missing = [PROGRAM, BUSYBOX].find((program) => !isThere(program));
  // With CI=true what can be installed is never missing.
  if (missing !== undefined && process.env["CI"] !== "true") {
    return `there is no ${missing} here; apt-get install --no-install-recommends docker.io busybox-static`;
  }
  if (process.getuid?.() !== 0) return "a container engine needs root";
  return / cgroup2? /.test(readFileSync("/proc/mounts", "utf8")) ? false : "a container engine needs cgroups, and none are mounted";
}

export class DockerDaemon {
  /** The image that is there. */
  readonly image = "busybox:test";
  /** Path of its socket. */
  readonly socket: string;
  readonly #dir: TempDir;
  #process: ChildProcess | null = null;
  #said = "";

  private constructor(dir: TempDir) {
    this.#dir = dir;
    this.socket = dir.join("docker.sock");
  }

  /** Starts an engine with the image, and ends it after the test with all of its containers. */
  static async start(t: Cleanup): Promise<DockerDaemon> {
    const dir = await tempDir();
    const daemon = new DockerDaemon(dir);
    t.after(async () => {
      await daemon.stop();
      await dir[Symbol.asyncDispose]();
    });
    await dir.write("daemon.json", "{}");
    await daemon.resume();
    await daemon.#importImage();
    return daemon;
  }

  /** The files of its image, as tar. */
  files(): Promise<Buffer> {
    return readFile(this.#dir.join("image.tar"));
  }

  /** For the variable DOCKER_HOST. */
  get host(): string {
    return `unix://${this.socket}`;
  }

  /** Starts it again after a stop. */
  async resume(): Promise<void> {
    const dir = this.#dir;
    // An engine ends in order when the test that started it is killed.
    const child = spawn("setpriv", ["--pdeathsig", "TERM", "--", PROGRAM, ...flagsFor(dir, this.host)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (this.#said += chunk));
    this.#process = child;
    await eventually(
      async () => child.exitCode !== null || (await this.ask("GET", "/_ping").catch(() => null))?.status === 200,
      (settled) => settled,
    );
    if (child.exitCode !== null) throw new Error(`dockerd ended with code ${child.exitCode}: ${this.#said}`);
  }

  async ask(method: string, path: string, body?: Uint8Array): Promise<Answer> {
    const headers = body === undefined ? {} : { "Content-Type": "application/x-tar" };
    const asked = request({ socketPath: this.socket, method, path, headers, agent: false });
    asked.end(body);
    return new Promise((resolve, reject) => {
      asked.once("error", reject);
      asked.once("response", (response) => {
        text(response).then((read) => resolve({ status: response.statusCode ?? 0, text: read }), reject);
      });
    });
  }

  /** Names of all containers with their states: `via-circuit-0123456789abcdef exited`. */
  async containers(): Promise<readonly string[]> {
    const listed: unknown = JSON.parse((await this.ask("GET", "/containers/json?all=1")).text);
    if (!Array.isArray(listed)) return [];
    return listed.map(({ Names, State }: { Names: readonly string[]; State: string }) => `${Names.join().slice(1)} ${State}`);
  }

  /** Takes away whatever stands. */
  async clear(): Promise<void> {
    for (const line of await this.containers()) await this.ask("DELETE", `/containers/${line.split(" ")[0] ?? ""}?force=1&v=1`);
  }

  /** Ends the engine and with it all containers, which are removed before unless they are to be kept. */
  async stop({ keep = false } = {}): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    if (!keep) await this.clear().catch(() => undefined);
    const exit = once(child, "exit");
    const helpers = descendants(child.pid);
    child.kill("SIGTERM");
    await exit;
    // Where all is in order it has ended them itself.
    for (const pid of helpers.filter((one) => existsSync(`/proc/${one}`))) kill(pid, "SIGKILL");
  }

  async #importImage(): Promise<void> {
    const root = this.#dir.join("image");
    await mkdir(`${root}/bin`, { recursive: true });
    await cp(BUSYBOX, `${root}/bin/busybox`);
    for (const applet of APPLETS) await symlink("busybox", `${root}/bin/${applet}`);
    await promisify(execFile)("tar", ["-C", root, "-cf", this.#dir.join("image.tar"), "."]);
    const [name = "", tag = ""] = this.image.split(":");
    const made = await this.ask("POST", `/images/create?fromSrc=-&repo=${name}&tag=${tag}`, await this.files());
    if (made.status !== 200) throw new Error(`Cannot import an image: ${made.text}`);
  }
}

function flagsFor(dir: TempDir, host: string): readonly string[] {
  return [
    ...["--shutdown-timeout", "1"],
    ...["--config-file", dir.join("daemon.json"), "--pidfile", dir.join("docker.pid"), "--host", host],
    ...["--data-root", dir.join("data"), "--exec-root", dir.join("exec"), "--storage-driver", "vfs"],
    ...["--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-masq=false", "--ip-forward=false"],
  ];
}

function isThere(program: string): boolean {
  try {
    accessSync(program, constants.X_OK);
    return spawnSync(program, ["--help"], { stdio: "ignore" }).status === 0;
  } catch {
    return false;
  }
}
