/** The program circusctl, joined to this process. */
import { runCircusctl } from "../cli/circusctl.js";
import type { Program } from "../cli/ssh.js";
import { packageVersion } from "./version.js";

/** Runs circusctl and ends the process with its exit code. @param argv without node and the script */
export async function circusctl(argv: readonly string[]): Promise<void> {
  // Who reads no further, such as head(1), wants no complaint.
  process.stdout.on("error", () => process.exit(1));
  const code = await runCircusctl({
    argv,
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    version: packageVersion(),
    openTransport: async () => (await import("../wire/zmq/transport.js")).openZmq(),
    run: runProgram,
    ask: async (inquiry) => (await import("../os/discovery.js")).askGroup(inquiry),
    onInterrupt,
  });
  // What a library still holds open has nothing more to do.
  process.exit(code);
}

function onInterrupt(): AbortSignal {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  return controller.signal;
}

/** Starts a program with a pipe as its standard input. */
export async function runProgram(file: string, args: readonly string[]): Promise<Program> {
  const { spawn } = await import("node:child_process");
  const child = spawn(file, args, { stdio: ["pipe", "ignore", "pipe"] });
  const said: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
  child.stdin.on("error", () => undefined);
  return {
    ended: new Promise((resolve) => {
      const settle = (how: string): void => resolve({ how, said: said.join("").trim() });
      child.once("error", (cause) => settle(cause.message));
      child.once("close", (code, signal) => settle(signal ?? `exit code ${code ?? 0}`));
    }),
    end: () => child.stdin.end(),
  };
}
