/** The program circusctl, joined to this process. */
import { runCircusctl } from "../cli/circusctl.js";
import { leave } from "./leave.js";
import { runProgram } from "./run-program.js";
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
    isListening: async (endpoint) => (await import("../os/presence.js")).isListening(endpoint),
    openTransport: async () => (await import("../wire/zmq/transport.js")).openZmq(),
    run: runProgram,
    ask: async (inquiry) => (await import("../os/discovery.js")).askGroup(inquiry),
    importConfiguration: async (file) => (await import("./import-configuration.js")).importConfiguration(file),
    onInterrupt,
  });
  await leave(() => code);
}

function onInterrupt(): AbortSignal {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  return controller.signal;
}
