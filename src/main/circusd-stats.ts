/** The program `circusd-stats`: figures of circusd's processes and sockets, once a second, for whoever subscribes. */
import { helpText, parseCommand, usageText, type StatsCommand, type StatsSettings } from "./circusd-stats-options.js";
import { EXIT } from "./exit-codes.js";
import { packageVersion } from "./version.js";

/** Runs the program to its end and exits. @param args the arguments after the program's name */
export async function circusdStats(args: readonly string[]): Promise<void> {
  const { text, stream, code } = await run(parseCommand(args));
  await new Promise((resolve) => stream.write(text, resolve));
  // What a library still holds open has nothing more to do.
  process.exit(code);
}

interface Farewell {
  readonly text: string;
  readonly stream: NodeJS.WriteStream;
  readonly code: number;
}

async function run(command: StatsCommand): Promise<Farewell> {
  switch (command.kind) {
    case "help":
      return { text: helpText(), stream: process.stdout, code: EXIT.done };
    case "version":
      return { text: `${packageVersion()}\n`, stream: process.stdout, code: EXIT.done };
    case "misused":
      return { text: `${usageText()}circusd-stats: error: ${command.message}\n`, stream: process.stderr, code: EXIT.misused };
    case "start":
      return start(command.settings);
  }
}

async function start(settings: StatsSettings): Promise<Farewell> {
  const { stream } = await import("./stream-figures.js");
  try {
    await stream(settings);
    return { text: "", stream: process.stderr, code: EXIT.done };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return { text: `circusd-stats: ${message}\n`, stream: process.stderr, code: EXIT.failed };
  }
}
