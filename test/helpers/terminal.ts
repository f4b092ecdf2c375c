/** A real terminal for one test: a tmux server of its own with one pane, in which a shell waits for commands. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { eventually } from "./facts.js";
import { tempDir, type TempDir } from "./temp.js";

const run = promisify(execFile);

interface TestContext {
  after(run: () => Promise<void>): void;
}

export interface TerminalOptions {
  readonly width?: number;
  readonly height?: number;
  /** What programs find in TERM. @default tmux-256color */
  readonly term?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Makes tmux, and with it the shell, end when the test that started it is killed. */
const ENDS_WITH_US = ["--pdeathsig", "KILL", "tmux"];

export class Terminal {
  readonly dir: TempDir;
  readonly #server: ChildProcess;

  private constructor(dir: TempDir, server: ChildProcess) {
    this.dir = dir;
    this.#server = server;
  }

  /** Opens the terminal and waits for the shell. */
  static async open(
    t: TestContext,
    { width = 80, height = 24, term = "tmux-256color", env = {} }: TerminalOptions = {},
  ): Promise<Terminal> {
    const dir = await tempDir();
    const { TMUX: _inside, NO_COLOR: _colourless, ...inherited } = process.env;
    const server = spawn("setpriv", [...ENDS_WITH_US, "-D", "-S", dir.join("tmux"), "-f", "/dev/null"], {
      env: { ...inherited, LC_ALL: "C.UTF-8", ENV: "", ...env },
      stdio: "ignore",
    });
    const terminal = new Terminal(dir, server);
    t.after(() => terminal.#close());
    await eventually(
      () => terminal.tmux("set-option", "-g", "default-terminal", term).catch(() => null),
      (answer) => answer !== null,
    );
    await terminal.tmux("new-session", "-d", "-x", String(width), "-y", String(height), "sh");
    // A shell of root's does not take its prompt from the environment.
    await terminal.enter("PS1='ready> '; clear");
    await terminal.shows(/^ready> \n/);
    return terminal;
  }

  /** Runs a command of tmux. @returns what it prints */
  async tmux(...args: readonly string[]): Promise<string> {
    return (await run("tmux", ["-S", this.dir.join("tmux"), ...args])).stdout;
  }

  /** Types a line into the shell. */
  async enter(line: string): Promise<void> {
    await this.type(line);
    await this.press("Enter");
  }

  /** Types text as it is. */
  async type(text: string): Promise<void> {
    await this.tmux("send-keys", "-l", "--", text);
  }

  /** Presses keys by tmux's names: `Down`, `C-c`, `PPage`. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.tmux("send-keys", ...keys);
  }

  /** What stands on the screen, without spaces at the ends of lines. */
  async screen(): Promise<string> {
    const lines = (await this.tmux("capture-pane", "-p", "-N")).split("\n");
    return lines.map((line) => (line.startsWith("ready>") ? line.replace(/ +$/, " ") : line.trimEnd())).join("\n");
  }

  /** Waits until the screen shows it. @returns the whole screen */
  async shows(pattern: RegExp): Promise<string> {
    return eventually(
      () => this.screen(),
      (text) => pattern.test(text),
    );
  }

  /** Waits until the screen is exactly this; empty lines at its end do not count. */
  async is(expected: string): Promise<void> {
    const wanted = expected.trimEnd();
    await eventually(
      async () => (await this.screen()).trimEnd(),
      (text) => text === wanted,
    );
  }

  async resize(width: number, height: number): Promise<void> {
    await this.tmux("resize-window", "-x", String(width), "-y", String(height));
  }

  /** A fact about the pane by tmux's name for it: `alternate_on`, `cursor_flag`, `mouse_any_flag`. */
  async flag(name: string): Promise<string> {
    return (await this.tmux("display-message", "-p", `#{${name}}`)).trim();
  }

  /** The process id of the shell. */
  async shell(): Promise<number> {
    return Number(await this.flag("pane_pid"));
  }

  async #close(): Promise<void> {
    if (this.#server.exitCode === null && this.#server.signalCode === null) {
      const ended = once(this.#server, "exit");
      this.#server.kill("SIGTERM");
      await ended;
    }
    await this.dir[Symbol.asyncDispose]();
  }
}
