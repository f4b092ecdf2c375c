/** Starts a program of this host for what wants to talk to it through its ends. */
import type { Program } from "../cli/ssh.js";

/** Starts a program with a pipe as its standard input; a failed start is told as its end. */
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
