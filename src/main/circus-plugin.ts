/** The program `circus-plugin`: one plugin, connected to a circusd, until a signal ends it. */
import { PLUGIN_CONFIG } from "../core/plugin-use.js";
import { helpText, parseCommand, usageText, type PluginCommand } from "./circus-plugin-options.js";
import { EXIT } from "./exit-codes.js";
import { packageVersion } from "./version.js";

/** Runs the program to its end and exits. @param args the arguments after the program's name */
export async function circusPlugin(args: readonly string[]): Promise<void> {
  const command = parseCommand(args, process.env);
  // It has been read, and is no business of the programs that the plugin starts.
  Reflect.deleteProperty(process.env, PLUGIN_CONFIG);
  const { text, stream, code } = await run(command);
  await new Promise((resolve) => stream.write(text, resolve));
  // What a library of the plugin still holds open has nothing more to do.
  process.exit(code);
}

interface Farewell {
  readonly text: string;
  readonly stream: NodeJS.WriteStream;
  readonly code: number;
}

async function run(command: PluginCommand): Promise<Farewell> {
  switch (command.kind) {
    case "help":
      return { text: helpText(), stream: process.stdout, code: EXIT.done };
    case "usage":
      return { text: usageText(), stream: process.stdout, code: EXIT.done };
    case "version":
      return { text: `${packageVersion()}\n`, stream: process.stdout, code: EXIT.done };
    case "misused":
      return { text: `${usageText()}circus-plugin: error: ${command.message}\n`, stream: process.stderr, code: EXIT.misused };
    case "start": {
      const { runPlugin } = await import("./run-plugin.js");
      const { code, message } = await runPlugin(command.settings);
      return { text: message === null ? "" : `circus-plugin: ${message}\n`, stream: process.stderr, code };
    }
  }
}
