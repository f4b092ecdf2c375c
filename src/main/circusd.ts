/**
 * The program `circusd`. Prints, checks, goes to the background or supervises; what is not needed for the one is not
 * loaded for it.
 */
import { argumentsOf, helpText, parseCommand, usageText, type CircusdCommand } from "./circusd-options.js";
import { EXIT } from "./exit-codes.js";
import { packageVersion } from "./version.js";

/**
 * Runs the program to its end and sets the exit code.
 * @param args the arguments after the program's name
 */
export async function circusd(args: readonly string[]): Promise<void> {
  process.exitCode = await run(parseCommand(args));
}

async function run(command: CircusdCommand): Promise<number> {
  switch (command.kind) {
    case "help":
      return print(helpText());
    case "usage":
      return print(usageText());
    case "version":
      return print(`${packageVersion()}\n`);
    case "misused":
      process.stderr.write(`${usageText()}circusd: error: ${command.message}\n`);
      return EXIT.misused;
    case "check": {
      const { checkConfiguration } = await import("./circusd-check.js");
      const { text, code } = await checkConfiguration(command.config, command.overrides);
      await new Promise((resolve) => process.stdout.write(text, resolve));
      /* Modules of hooks and streams were loaded, and what they hold open has nothing to do here. */
      process.exit(code);
    }
    case "start":
      return start(command);
  }
}

async function start(command: CircusdCommand & { readonly kind: "start" }): Promise<number> {
  const { daemonReporter, startDetached } = await import("../os/daemonize.js");
  const background = daemonReporter();
  if (command.daemon && background === null) {
    const news = await startDetached(process.argv[1] ?? "", argumentsOf(command.config, command.overrides));
    if (news.kind === "ready") return EXIT.done;
    process.stderr.write(`${news.message}\n`);
    return news.code;
  }
  const { supervise } = await import("./supervise.js");
  const request = { ...command, detached: background !== null };
  const code = await supervise(request, background ?? { ready: () => Promise.resolve(), failed: printFailure });
  /* Whatever library still holds a handle open has nothing more to do. */
  process.exit(code);
}

function print(text: string): number {
  process.stdout.write(text);
  return EXIT.done;
}

/** Resolves when the text is out, because the program ends at once after it. */
function printFailure(_code: number, message: string): Promise<void> {
  return new Promise((resolve) => {
    process.stderr.write(`${message}\n`, () => resolve());
  });
}
