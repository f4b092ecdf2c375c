/** The program `circus-plugin`: one plugin, connected to a circusd, until a signal ends it. */
import { PLUGIN_CONFIG } from "../core/plugin-use.js";
import { helpText, parseCommand, usageText, type PluginCommand } from "./circus-plugin-options.js";
import { EXIT } from "./exit-codes.js";
import { bid, complained, said, type Farewell } from "./farewell.js";
import { packageVersion } from "./version.js";

/** Runs the program to its end and exits. @param args the arguments after the program's name */
export async function circusPlugin(args: readonly string[]): Promise<void> {
  const command = parseCommand(args, process.env);
  // It has been read, and is no business of the programs that the plugin starts.
  Reflect.deleteProperty(process.env, PLUGIN_CONFIG);
  await bid(await run(command));
}

async function run(command: PluginCommand): Promise<Farewell> {
  switch (command.kind) {
    case "help":
      return said(helpText());
    case "usage":
      return said(usageText());
    case "version":
      return said(`${packageVersion()}\n`);
    case "misused":
      return complained(`${usageText()}circus-plugin: error: ${command.message}\n`, EXIT.misused);
    case "start": {
      const { runPlugin } = await import("./run-plugin.js");
      const { code, message } = await runPlugin(command.settings);
      return complained(message === null ? "" : `circus-plugin: ${message}\n`, code);
    }
  }
}
