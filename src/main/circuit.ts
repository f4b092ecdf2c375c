/** The program circuit, joined to this process. */
import { readFile } from "node:fs/promises";
import { runCircuit } from "../cli/circuit/circuit.js";
import type { EndSignal } from "../cli/circuit/world.js";
import { fail, succeed } from "../core/result.js";
import { dialling } from "./dial-circuit.js";
import { leave } from "./leave.js";
import { packageVersion } from "./version.js";

/** Exit codes of a program that SIGHUP, SIGINT or SIGTERM has ended. */
const INTERRUPTED: ReadonlySet<number> = new Set([129, 130, 143]);

/** Runs `circuit` and ends the process with its exit code. @param argv without node and the script */
export async function circuit(argv: readonly string[]): Promise<void> {
  const code = await runCircuit({
    argv,
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    version: packageVersion(),
    dialling,
    readKeyFile: async (path) => (await import("../os/key-file.js")).readKeyFile(path),
    async readText(path) {
      try {
        return succeed(await readFile(path, "utf8"));
      } catch (cause) {
        if (!(cause instanceof Error)) return fail(String(cause));
        return fail("code" in cause && cause.code === "ENOENT" ? "no such file" : cause.message);
      }
    },
    search: async (search) => (await import("../os/find-servers.js")).findServers(search),
    start: async (flags) => (await import("./circuit/start.js")).startServer(flags),
    onSignal,
  });
  await leave(() => code, INTERRUPTED.has(code));
}

function onSignal(heard: (signal: EndSignal) => void): () => void {
  const handlers = (["INT", "TERM", "HUP"] as const).map((name) => ({ name: `SIG${name}` as const, handler: () => heard(name) }));
  for (const { name, handler } of handlers) process.on(name, handler);
  return () => {
    for (const { name, handler } of handlers) process.off(name, handler);
  };
}
