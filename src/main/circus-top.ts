/** The program circus-top, joined to this process and its terminal. */
import { constants } from "node:os";
import type { TerminalScreen } from "../cli/top/screen.js";
import { runCircusTop } from "../cli/top/top.js";
import { systemClock } from "../os/clock.js";
import { leave } from "./leave.js";
import { runProgram } from "./run-program.js";
import { packageVersion } from "./version.js";

/** Milliseconds in which a program that was asked to end has to be through. */
const LONGEST_END = 2000;

/** Milliseconds after which a program that asked to be stopped takes for granted that nobody does, or that it goes on again. */
const STOPPED_BY_THEN = 100;

/** Node's timers keep the program alive only below this length, in milliseconds. */
const FOREVER = 2 ** 31 - 1;

/** Runs circus-top and ends the process with its exit code. @param argv without node and the script */
export async function circusTop(argv: readonly string[]): Promise<void> {
  const terminal = new Terminal();
  const keepAlive = setInterval(() => undefined, FOREVER);
  const code = await runCircusTop({
    argv,
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    version: packageVersion(),
    clock: systemClock(),
    ending: terminal.ending,
    openTransport: async () => (await import("../wire/zmq/transport.js")).openZmq(),
    run: runProgram,
    protect: (screen) => terminal.protect(screen),
    suspend: () => process.kill(0, "SIGTSTP"),
  });
  clearInterval(keepAlive);
  await leave(() => terminal.endedBy ?? code);
}

/** Sees to it that the terminal is given back, whatever ends or stops the program. */
class Terminal {
  readonly #ending = new AbortController();
  #screen: TerminalScreen | null = null;
  /** The exit code that a signal asks for. */
  endedBy: number | null = null;

  constructor() {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) process.on(signal, () => this.#end(signal));
    process.on("SIGTSTP", this.#stop);
    process.on("SIGCONT", () => this.#goOn());
    process.on("uncaughtException", (bug) => {
      this.#screen?.close();
      const told = bug instanceof Error ? (bug.stack ?? bug.message) : String(bug);
      process.stderr.write(`circus-top: internal: ${told.replace(/^Error: (internal: )?/, "")}\n`);
      process.exit(1);
    });
    // Who reads no further, such as head(1), wants no complaint; a terminal that is gone hears none.
    process.stdout.on("error", () => process.exit(this.endedBy ?? 1));
  }

  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  protect(screen: TerminalScreen): void {
    this.#screen = screen;
  }

  #end(signal: NodeJS.Signals): void {
    this.#screen?.close();
    const again = this.endedBy !== null;
    this.endedBy = 128 + constants.signals[signal];
    if (again) process.exit(this.endedBy);
    this.#ending.abort();
    setTimeout(() => process.exit(this.endedBy ?? 1), LONGEST_END).unref();
  }

  /** The terminal is given back before the program stops as it would have without us. */
  readonly #stop = (): void => {
    this.#screen?.leave();
    process.off("SIGTSTP", this.#stop);
    process.kill(process.pid, "SIGTSTP");
    // Without a shell that could bring it back nobody is stopped, and nobody told to go on.
    setTimeout(() => this.#goOn(), STOPPED_BY_THEN);
  };

  #goOn(): void {
    if (!process.listeners("SIGTSTP").includes(this.#stop)) process.on("SIGTSTP", this.#stop);
    this.#screen?.enter();
  }
}
