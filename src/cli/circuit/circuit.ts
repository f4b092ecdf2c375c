/** The command `circuit`: a command line in, an exit code out. */
import {
  COMMANDS,
  OWN_COMMANDS,
  isCommand,
  isOwnCommand,
  type CommandInfo,
  type CommandManual,
  type CommandName,
  type OwnCommand,
} from "./commands.js";
import { Refusal, report } from "./failure.js";
import { readLine, type Flag, type Line } from "./flags.js";
import { COMMAND_FLAGS, DIAL_FLAGS, HELP } from "./options.js";
import type { CircuitWorld, EndSignal } from "./world.js";

/** What a shell has for a program that a signal has ended. */
const ENDED_BY: Readonly<Record<EndSignal, number>> = { HUP: 129, INT: 130, TERM: 143 };

/** @returns the exit code: 0 done, 1 it went wrong, 2 wrong usage, 130 interrupted; of `run` the program's own */
export async function runCircuit(world: CircuitWorld): Promise<number> {
  // Who reads no further, such as head(1), wants no complaint; whoever writes is told at the next write.
  for (const output of [world.stdout, world.stderr]) output.on("error", () => undefined);
  const [first, ...rest] = leading(world.argv);
  try {
    if (first === undefined || ["-h", "-help", "--help"].includes(first)) return await help(world, rest);
    if (["-v", "-version", "--version"].includes(first)) return version(world);
    if (isCommand(first)) return await runCommand(world, first, rest);
    if (isOwnCommand(first)) return await runOwn(world, first, rest);
    throw await unknown(first);
  } catch (cause) {
    const code = report(cause, world.stderr);
    return code === 1 && first !== undefined && isCommand(first) ? failureOf(COMMANDS[first]) : code;
  }
}

function failureOf({ failure = 1 }: CommandInfo): number {
  return failure;
}

/** `h` is Circuit's short word for help. */
function leading(argv: readonly string[]): readonly string[] {
  return argv[0] === "h" ? ["help", ...argv.slice(1)] : argv;
}

async function unknown(name: string): Promise<Refusal> {
  if (name.startsWith("-")) return new Refusal(`"${name}" stands before the command; flags come after it: circuit COMMAND ${name} …`, 2);
  const { nearest } = await import("../../core/options/near.js");
  const meant = nearest(name, [...Object.keys(COMMANDS), ...Object.keys(OWN_COMMANDS)]);
  return new Refusal(`there is no command "${name}"; ${meant === null ? "circuit help lists them" : `did you mean ${meant}?`}`, 2);
}

async function runOwn(world: CircuitWorld, name: OwnCommand, argv: readonly string[]): Promise<number> {
  const { flags = [] }: CommandManual = OWN_COMMANDS[name];
  const extra = name === "start" ? [DIAL_FLAGS.discover, DIAL_FLAGS.hmac] : [];
  const line = read(name, argv, [...flags.map((flag) => COMMAND_FLAGS[flag]), ...extra, HELP]);
  if (line.flags.has("help")) return help(world, [name]);
  if (name === "help") return help(world, line.words);
  const [surplus] = line.words;
  if (surplus !== undefined) throw new Refusal(`${name} takes no arguments, but was given "${surplus}"`, 2);
  switch (name) {
    case "version":
      return version(world);
    case "keygen":
      return (await import("./keygen.js")).keygen(world);
    case "start": {
      const asked = (await import("./start.js")).readStart(line.flags, world.env);
      if (!asked.ok) throw new Refusal(asked.failure, 2);
      return world.start(asked.value);
    }
  }
}

async function runCommand(world: CircuitWorld, name: CommandName, argv: readonly string[]): Promise<number> {
  const { flags = [], words, load }: CommandInfo = COMMANDS[name];
  const line = read(name, argv, [...flags.map((flag) => COMMAND_FLAGS[flag]), ...Object.values(DIAL_FLAGS), HELP]);
  if (line.flags.has("help")) return help(world, [name]);
  const operands = name === "run" ? line.words : [...line.words, ...(line.rest ?? [])];
  await checkWords(name, operands, words);
  return obey(world, await load(), { ...line, words: operands });
}

function read(name: string, argv: readonly string[], flags: readonly Flag[]): Line {
  const line = readLine(argv, flags);
  if (!line.ok) throw new Refusal(`${name}: ${line.failure}; circuit help ${name} tells more`, 2);
  return line.value;
}

async function checkWords(name: CommandName, { length }: readonly string[], [least, most]: readonly [number, number]): Promise<void> {
  if (length >= least && length <= most) return;
  const { synopsis } = await import("./help.js");
  throw new Refusal(`${name} was given too ${length < least ? "few" : "many"} arguments; usage: ${synopsis(name)}`, 2);
}

async function obey(world: CircuitWorld, run: import("./session.js").RunCommand, line: Line): Promise<number> {
  const { dialIn } = await import("./dial-in.js");
  const controller = new AbortController();
  let ended: EndSignal | null = null;
  let heard = (signal: EndSignal): void => {
    ended ??= signal;
    controller.abort();
  };
  const giveUp = heard;
  const stop = world.onSignal((signal) => heard(signal));
  try {
    await using client = await dialIn(world, line.flags, controller.signal);
    return await run({
      ...line,
      client,
      world,
      signal: controller.signal,
      onSignal(other) {
        heard = other;
        return () => (heard = giveUp);
      },
    });
  } catch (cause) {
    // Whoever pressed Ctrl-C knows why it has ended.
    if (ended === null) throw cause;
    return ENDED_BY[ended];
  } finally {
    stop();
  }
}

async function help(world: CircuitWorld, [name]: readonly string[]): Promise<number> {
  const { commandHelp, mainHelp } = await import("./help.js");
  if (name !== undefined && !isCommand(name) && !isOwnCommand(name)) throw await unknown(name);
  world.stdout.write(`${name === undefined ? mainHelp() : commandHelp(name)}\n`);
  return 0;
}

function version(world: CircuitWorld): number {
  world.stdout.write(`circuit ${world.version}\n`);
  return 0;
}
