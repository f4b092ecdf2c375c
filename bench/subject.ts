/** The circusd that is measured: its own directory, its own endpoints, gone afterwards. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { CircusClient } from "../src/client/call.js";
import { subscribe, type Events } from "../src/client/listen.js";
import { openZmq } from "../src/wire/zmq/transport.js";
import type { CircusEvent } from "../src/wire/event.js";
import { repositoryPath } from "../test/helpers/root.js";
import { tempDir, type TempDir } from "../test/helpers/temp.js";

/** Seconds; longer than any work that is measured. */
const PATIENCE = 600;

/** circusd's own helpers that are to run. */
export interface Helpers {
  readonly statsd?: boolean;
  /** Runs circushttpd, at a port of its own choice. */
  readonly httpd?: boolean;
}

export class Subject implements AsyncDisposable {
  readonly dir: TempDir;
  readonly endpoint: string;
  readonly client: CircusClient;
  readonly process: ChildProcess;

  private constructor(dir: TempDir, process: ChildProcess, client: CircusClient) {
    this.dir = dir;
    this.process = process;
    this.client = client;
    this.endpoint = client.endpoint;
  }

  /**
   * Starts circusd; it may not answer yet.
   * @param ini its watchers and sockets, with `DIR` for its directory
   */
  static async exec(ini: string, { statsd = false, httpd = false }: Helpers = {}): Promise<Subject> {
    const dir = await tempDir();
    const endpoint = `ipc://${dir.join("control.sock")}`;
    const head = `[circus]\nendpoint = ${endpoint}\npubsub_endpoint = ipc://${dir.join("events.sock")}\nmulticast_endpoint =\n`;
    const stats = statsd ? `statsd = True\nstats_endpoint = ipc://${dir.join("figures.sock")}\n` : "";
    const web = httpd ? "httpd = True\nhttpd_port = 0\n" : "";
    await dir.write("circus.ini", `${head}${stats}${web}\n${ini.replaceAll("DIR", dir.path)}`);
    const options = process.env["BENCH_NODE_OPTIONS"]?.split(" ") ?? [];
    const child = spawn(process.execPath, [...options, repositoryPath("bin", "circusd.js"), "--log-level", "error", "circus.ini"], {
      cwd: dir.path,
      stdio: ["ignore", "ignore", "inherit"],
    });
    const client = new CircusClient({ transport: await openZmq(), endpoint, timeout: PATIENCE });
    return new Subject(dir, child, client);
  }

  /** Starts circusd and waits until it answers. */
  static async start(ini: string, helpers: Helpers = {}): Promise<Subject> {
    const subject = await Subject.exec(ini, helpers);
    await subject.client.call("numwatchers", {});
    return subject;
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error("circusd did not start");
    return this.process.pid;
  }

  async pids(name: string): Promise<readonly number[]> {
    const reply = await this.client.call("list", { name });
    if (!("pids" in reply)) throw new Error(`no pids of "${name}"`);
    return reply.pids;
  }

  /** A second connection, for questions beside the work of the first. */
  async connect(): Promise<CircusClient> {
    return new CircusClient({ transport: await openZmq(), endpoint: this.endpoint, timeout: PATIENCE });
  }

  /** Has every event told from now on. */
  async follow(tell: (event: CircusEvent) => void): Promise<Events> {
    const events = subscribe({ transport: await openZmq(), endpoint: `ipc://${this.dir.join("events.sock")}` });
    let arrived = false;
    void (async () => {
      for await (const event of events) {
        arrived = true;
        tell(event);
      }
    })();
    // A subscription takes effect at its own time; an event that comes shows that it has.
    while (!arrived) {
      await this.client.call("add", { name: "probe", cmd: "true" });
      await this.client.call("rm", { name: "probe", waiting: true });
    }
    return events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill("SIGTERM");
      await once(this.process, "exit");
    }
    await this.client.close();
    await this.dir[Symbol.asyncDispose]();
  }
}
