/** Runs a program for a plugin: with a time limit, and nothing of it is left when that is over. */
import { spawn, type ChildProcess } from "node:child_process";

export interface CommandRun {
  readonly argv: readonly string[];
  /** Added to the plugin's own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Written to its standard input; without it that is empty. */
  readonly stdin?: string;
  /** Ends it, with everything that it has started; its reason is told. */
  readonly signal: AbortSignal;
}

/** `reason` reads on after "the command": `exited with code 3: no such pager`. */
export type CommandEnd = { readonly kind: "done"; readonly stdout: string } | { readonly kind: "failed"; readonly reason: string };

/** Bytes of output that are kept; the rest is read and forgotten. */
const MAX_OUTPUT = 64 * 1024;
/** Milliseconds for reading what it wrote, once it has ended. */
const REST = 200;

/** Never rejects. */
export async function runCommand({ argv, env, stdin = "", signal }: CommandRun): Promise<CommandEnd> {
  const [program = "", ...args] = argv;
  if (signal.aborted) return failed(`was not run: ${reasonOf(signal)}`);
  // A process group of its own can be ended with its children.
  const child = spawn(program, args, { env: { ...process.env, ...env }, detached: true, stdio: "pipe" });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  // A program need not read what it is told.
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  const end = (): void => {
    killGroup(child);
    letGo(child);
  };
  signal.addEventListener("abort", end, { once: true });
  const ended = await new Promise<string | null>((resolve) => {
    child.on("error", (error) => resolve(`could not be run: ${error.message}`));
    child.on("exit", () => void setTimeout(() => letGo(child), REST));
    child.on("close", (code, name) =>
      resolve(code === 0 ? null : name === null ? `exited with code ${code ?? ""}` : `was ended by ${name}`),
    );
  });
  signal.removeEventListener("abort", end);
  if (ended === null) return { kind: "done", stdout: stdout() };
  if (signal.aborted) return failed(`was ended: ${reasonOf(signal)}`);
  const said = stderr().trim().split("\n").at(-1) ?? "";
  return failed(said === "" ? ended : `${ended}: ${said}`);
}

function failed(reason: string): CommandEnd {
  return { kind: "failed", reason };
}

function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason);
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    if (size < MAX_OUTPUT) chunks.push(chunk);
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

/** Something in the background that has left the group may hold its output open for ever. */
function letGo({ stdin, stdout, stderr }: ChildProcess): void {
  for (const stream of [stdin, stdout, stderr]) stream?.destroy();
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself in this very moment.
  }
}
