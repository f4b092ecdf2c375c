/** A real `circuit start` on the loopback device of this host, and what it says of the others when it says it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { repositoryPath } from "./root.js";

const ADDRESS = /^circuit:\/\/\S+$/;
const OWN = /Server "[^"]*" \((X[0-9a-f]{16})\) of a circuit at/;
const CHANGE = /Server "[^"]*" \((X[0-9a-f]{16})\) (is in the circuit|has left|is lost)/;

export interface ProgramOptions {
  readonly name: string;
  /** Further flags of `circuit start`. */
  readonly flags?: readonly string[];
  /** Working directory; what it keeps stands in it, too. */
  readonly dir: string;
  /** Called when the server says that another one has come or gone. */
  readonly onChange?: (id: string, isThere: boolean) => void;
}

export class CircuitProgram implements AsyncDisposable {
  static readonly program = repositoryPath("bin", "circuit.js");
  readonly name: string;
  readonly process: ChildProcess;
  /** Ids of the others that it sees. */
  readonly others = new Set<string>();
  /** `circuit://HOST:PORT/PID/Q…` and `X…`; empty until it has said them. */
  address = "";
  id = "";
  readonly #lines: string[] = [];
  #onReady: () => void = () => undefined;

  private constructor({ name, flags = [], dir, onChange }: ProgramOptions) {
    this.name = name;
    const args = [CircuitProgram.program, "start", "-a", "127.0.0.1:0", "--var", dir, "--name", name, ...flags];
    // It ends with the program that started it.
    this.process = spawn("setpriv", ["--pdeathsig", "KILL", "--", process.execPath, ...args], {
      cwd: dir,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const output of [this.process.stdout, this.process.stderr]) {
      if (output !== null) createInterface({ input: output }).on("line", (line) => this.#read(line, onChange));
    }
  }

  /** Starts it and waits until it listens. @throws with what it has said where it does not */
  static async start(options: ProgramOptions): Promise<CircuitProgram> {
    const started = new CircuitProgram(options);
    const { process: child } = started;
    await new Promise<void>((resolve, reject) => {
      started.#onReady = resolve;
      child.once("close", () => reject(new Error(`"${options.name}" did not start: ${started.log}`)));
    });
    return started;
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error(`"${this.name}" did not start`);
    return this.process.pid;
  }

  get log(): string {
    return this.#lines.join("\n");
  }

  /** Whether it sees all of these but itself, and nobody else. */
  sees(ids: readonly string[]): boolean {
    return this.others.size === ids.length - 1 && ids.every((id) => id === this.id || this.others.has(id));
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  /** Waits until the program has ended. @returns its exit code */
  async ended(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, "exit");
    return this.process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.ended();
  }

  #read(line: string, onChange: ProgramOptions["onChange"]): void {
    this.#lines.push(line);
    if (ADDRESS.test(line)) this.address = line;
    const own = OWN.exec(line)?.[1];
    if (own !== undefined) this.id = own;
    if (this.address !== "" && this.id !== "") this.#onReady();
    const [, id, change] = CHANGE.exec(line) ?? [];
    if (id === undefined) return;
    const isThere = change === "is in the circuit";
    this.others[isThere ? "add" : "delete"](id);
    onChange?.(id, isThere);
  }
}
