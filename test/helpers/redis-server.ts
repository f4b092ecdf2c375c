/** Debian's redis-server for one test: at a socket in a directory of its own, keeping nothing. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { eventually, kill } from "./facts.js";
import { tempDir } from "./temp.js";

interface Cleanup {
  after(run: () => Promise<void>): void;
}

export class RedisServer {
  /** For `redis_url`. */
  readonly url: string;
  readonly #socket: string;
  #process: ChildProcess | null = null;

  private constructor(socket: string) {
    this.#socket = socket;
    this.url = `unix://${socket}?db=0`;
  }

  static async start(t: Cleanup, ...args: readonly string[]): Promise<RedisServer> {
    const dir = await tempDir(t);
    const server = new RedisServer(dir.join("redis.sock"));
    t.after(() => server.stop());
    await server.up(...args);
    return server;
  }

  async up(...args: readonly string[]): Promise<void> {
    this.#process = spawn("redis-server", [...serverArguments(this.#socket), ...args], { stdio: "ignore" });
    await eventually(
      () => existsSync(this.#socket),
      (there) => there,
    );
  }

  freeze(): void {
    kill(this.#process?.pid, "SIGSTOP");
  }

  thaw(): void {
    kill(this.#process?.pid, "SIGCONT");
  }

  async stop(): Promise<void> {
    const process = this.#process;
    if (process === null || process.exitCode !== null || process.signalCode !== null) return;
    const exit = once(process, "exit");
    process.kill("SIGKILL");
    await exit;
    this.#process = null;
  }
}

/** A Redis that listens at one socket alone and writes no file. */
export function serverArguments(socket: string): readonly string[] {
  return ["--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--loglevel", "warning"];
}
