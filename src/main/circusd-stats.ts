/** The program `circusd-stats`: figures of circusd's processes and sockets, once a second, for whoever subscribes. */
import { helpText, parseCommand, usageText, type StatsCommand, type StatsSettings } from "./circusd-stats-options.js";
import { EXIT } from "./exit-codes.js";
import { bid, complained, said, type Farewell } from "./farewell.js";
import { packageVersion } from "./version.js";

/** Runs the program to its end and exits. @param args the arguments after the program's name */
export async function circusdStats(args: readonly string[]): Promise<void> {
  await bid(await run(parseCommand(args)));
}

async function run(command: StatsCommand): Promise<Farewell> {
  switch (command.kind) {
    case "help":
      return said(helpText());
    case "version":
      return said(`${packageVersion()}\n`);
    case "misused":
      return complained(`${usageText()}circusd-stats: error: ${command.message}\n`, EXIT.misused);
    case "start":
      return start(command.settings);
  }
}

async function start(settings: StatsSettings): Promise<Farewell> {
  const { stream } = await import("./stream-figures.js");
  try {
    await stream(settings);
    return said("");
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return complained(`circusd-stats: ${message}\n`);
  }
}
