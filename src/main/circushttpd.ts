/** The program `circushttpd`: the web console of one or several circusd. */
import { helpText, parseCommand, usageText, type WebCommand } from "./circushttpd-options.js";
import { EXIT } from "./exit-codes.js";
import { bid, complained, said, type Farewell } from "./farewell.js";
import { packageVersion } from "./version.js";

/** Runs the program to its end and exits. @param args the arguments after the program's name */
export async function circushttpd(args: readonly string[]): Promise<void> {
  await bid(await run(parseCommand(args)));
}

async function run(command: WebCommand): Promise<Farewell> {
  switch (command.kind) {
    case "help":
      return said(helpText());
    case "version":
      return said(`${packageVersion()}\n`);
    case "misused":
      return complained(`${usageText()}circushttpd: error: ${command.message}\n`, EXIT.misused);
    case "start":
      return attempt(async () => {
        const { serveConsole } = await import("./serve-console.js");
        await serveConsole(command.settings);
        return "";
      });
    case "add-user":
      return attempt(async () => (await import("./console-accounts.js")).addUser(command));
    case "add-token":
      return attempt(async () => (await import("./console-accounts.js")).addToken(command));
  }
}

/** @param work resolves with what is printed at its end */
async function attempt(work: () => Promise<string>): Promise<Farewell> {
  try {
    return said(await work());
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return complained(`circushttpd: ${message}\n`);
  }
}
