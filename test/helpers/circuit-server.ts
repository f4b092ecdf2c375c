/** A real `circuit start` on a host of a test, and what it says of the others. */
import { once } from "node:events";
import type { ChildProcess } from "node:child_process";
import { eventually } from "./facts.js";
import type { Host, Ran } from "./hosts.js";
import { repositoryPath } from "./root.js";

/** Makes it stop when the test that started it is killed. */
const ENDS_WITH_US = ["--pdeathsig", "TERM", "--"];

const ADDRESS = /^circuit:\/\/\S+$/m;
const CHANGE = /Server "([^"]+)" \((X[0-9a-f]{16})\) (is in the circuit|has left|is lost)/g;

export class CircuitServer {
  static readonly program = repositoryPath("bin", "circuit.js");
  readonly host: Host;
  readonly process: ChildProcess;
  #output = "";

  private constructor(host: Host, child: ChildProcess) {
    this.host = host;
    this.process = child;
    const keep = (chunk: Buffer): void => void (this.#output += chunk.toString());
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
  }

  /** Starts it at port 11022 of the host, under the host's name, and waits until it has printed its address. */
  static async start(host: Host, ...flags: readonly string[]): Promise<CircuitServer> {
    const args = ["start", "-a", `${host.address}:11022`, "--name", host.name, ...flags];
    const server = new CircuitServer(host, host.start("setpriv", [...ENDS_WITH_US, process.execPath, CircuitServer.program, ...args]));
    await eventually(
      () => ({ output: server.#output, code: server.process.exitCode }),
      ({ output, code }) => ADDRESS.test(output) || code !== null,
    );
    if (!ADDRESS.test(server.#output)) throw new Error(`circuit start failed: ${server.#output}`);
    return server;
  }

  /** `circuit://HOST:PORT/PID/Q…` */
  get address(): string {
    return ADDRESS.exec(this.#output)?.[0] ?? "";
  }

  get log(): string {
    return this.#output;
  }

  /** Names of the others that it sees, in order. @throws where one comes that was there, or goes that was not */
  get others(): readonly string[] {
    const seen = new Map<string, string>();
    for (const [line, name = "", id = "", change] of this.#output.matchAll(CHANGE)) {
      const comes = change === "is in the circuit";
      if (seen.has(id) === comes) throw new Error(`"${this.host.name}" says "${line}" when that is so already:\n${this.#output}`);
      if (comes) seen.set(id, name);
      else seen.delete(id);
    }
    return [...seen.values()].toSorted();
  }

  /** Waits until it sees these others and nobody else. */
  async sees(names: readonly string[]): Promise<void> {
    const wanted = names.filter((name) => name !== this.host.name).toSorted();
    await eventually(
      () => ({ server: this.host.name, sees: this.others, wanted }),
      ({ sees }) => sees.join() === wanted.join(),
    );
  }

  /** How often it has said so far that the other was lost. */
  losses(name: string): number {
    return [...this.#output.matchAll(CHANGE)].filter(([, who, , change]) => who === name && change === "is lost").length;
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  /** Waits until the program has ended. @returns its exit code */
  async ended(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, "exit");
    return this.process.exitCode;
  }

  /** Runs the command `circuit` on this host against this server. */
  circuit(command: string, ...args: readonly string[]): Promise<Ran> {
    return this.host.run(process.execPath, CircuitServer.program, command, "-d", `${this.host.address}:11022`, ...args);
  }
}
