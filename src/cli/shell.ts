/** The interactive shell: commands line by line, from a person or from a pipe. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { isObject } from "../wire/codec.js";
import { addedCommands, addedHelp, executeAdded } from "./added.js";
import { afterGlobalOptions, complete, type LiveNames } from "./completion.js";
import { readInvocation, type Invocation } from "./invocation.js";
import { loadCommand } from "./commands.js";
import { execute, refuseInput } from "./execute.js";
import { serverNames } from "./servers.js";
import { readSettings, sessionAt, type Session } from "./session.js";
import { quoteWord, splitWords } from "../core/words.js";
import type { Env, World } from "./world.js";

const HISTORY = 1000;

/** Seconds that the Tab key waits for the daemon. */
const PATIENCE = 1;

/** Prints version and status, then reads commands until the end of its input. @returns the exit code */
export async function runShell(session: Session, world: World): Promise<number> {
  world.stdout.write(`circusctl ${world.version}\n`);
  await execute(session, await loadCommand("status"), { words: [], values: {} });
  const terminal = world.stdin.isTTY === true && world.stdout.isTTY === true;
  const file = terminal ? historyFile(world.env) : null;
  const lines = createInterface({
    input: world.stdin,
    output: world.stdout,
    prompt: promptOf(session),
    terminal,
    historySize: HISTORY,
    history: file === null ? [] : await readHistory(file),
    removeHistoryDuplicates: true,
    completer: completer(session),
  });
  let history: readonly string[] | null = null;
  lines.on("history", (latest: string[]) => (history = [...latest]));
  await readLines(lines, session, world);
  world.stdout.write("\n");
  if (file !== null && history !== null) await writeHistory(file, history);
  return 0;
}

function promptOf({ server }: Session): string {
  return server === null ? "(circusctl) " : `(circusctl @${server}) `;
}

async function readLines(lines: Interface, session: Session, world: World): Promise<void> {
  let underWay: AbortController | null = null;
  lines.on("SIGINT", () => {
    if (underWay !== null) return underWay.abort();
    world.stdout.write("^C\n");
    // The line is dropped in place: its end is where Ctrl-U begins.
    lines.write(null, { ctrl: true, name: "e" });
    lines.write(null, { ctrl: true, name: "u" });
  });
  // Piped input ends before its last lines are carried out; a prompt of its own is refused then from Node 24 on.
  let ended = false;
  lines.once("close", () => (ended = true));
  const prompt = (): void => {
    if (ended) world.stdout.write(promptOf(session));
    else lines.prompt();
  };
  prompt();
  for await (const line of lines) {
    const controller = new AbortController();
    underWay = controller;
    const stay = await runLine({ ...session, interrupt: () => controller.signal }, line, world);
    underWay = null;
    if (!stay) break;
    prompt();
  }
  lines.close();
}

/** @returns false where the line ends the shell */
async function runLine(session: Session, line: string, world: World): Promise<boolean> {
  const words = splitWords(line);
  if (!words.ok) world.stdout.write(`*** Cannot read the line: ${words.failure}\n`);
  else if (words.value.length === 1 && /^(EOF|exit)$/.test(words.value[0] ?? "")) return false;
  else if (words.value.length > 0) await runWords(session, words.value, world);
  return true;
}

async function runWords(session: Session, words: readonly string[], world: World): Promise<void> {
  const invocation = await readInvocation(words);
  if (!invocation.ok) world.stdout.write(`*** ${invocation.failure}\n`);
  else if (invocation.value.kind !== "added") await obey(session, invocation.value, world);
  else if (!(await obeyAdded(session, invocation.value, world))) world.stdout.write(`*** Unknown syntax: ${words.join(" ")}\n`);
}

async function obey(session: Session, invocation: Invocation, world: World): Promise<void> {
  switch (invocation.kind) {
    case "version":
      world.stdout.write(`circusctl ${world.version}\n`);
      return;
    case "help": {
      const { commandHelp, commandList } = await import("./help.js");
      const text =
        invocation.command === null
          ? ["Commands (help COMMAND tells more):", ...commandList(await addedCommands(session.client))].join("\n")
          : commandHelp(invocation.command);
      world.stdout.write(`${text}\n`);
      return;
    }
    case "run": {
      const fixed = ["endpoint", "ssh", "ssh_keyfile"].find((name) => name in invocation.values);
      if (fixed !== undefined) {
        world.stdout.write(`*** --${fixed} cannot change inside the shell: leave it with Ctrl-D and start another\n`);
        return;
      }
      const { settings } = session;
      const { json, prettify, timeout } = readSettings(invocation.values, world.env);
      const merged = {
        ...settings,
        json: json || settings.json,
        prettify: prettify || settings.prettify,
        timeout: "timeout" in invocation.values ? timeout : settings.timeout,
      };
      await executeAt({ ...session, settings: merged }, invocation, world);
      return;
    }
    case "discover": {
      const { discover } = await import("./discover.js");
      await discover(invocation.values, world);
      return;
    }
    case "local":
      await (await import("./local.js")).LOCAL_COMMANDS[invocation.name].run(invocation.words, world);
      return;
    case "localHelp":
      world.stdout.write(`${(await import("./local.js")).localHelp(invocation.name)}\n`);
      return;
    case "shell":
    case "added":
      return;
  }
}

/** The command may be for this daemon, for one server of its circuit, or for several. */
async function executeAt(session: Session, { command, input, values }: Extract<Invocation, { kind: "run" }>, world: World): Promise<void> {
  const request = command.request(input);
  if (!request.ok) await refuseInput(command, request.failure, world.stderr);
  else if (!("cluster" in values || "label" in values)) await execute(sessionAt(session, values["server"]), command, input);
  else await (await import("./several.js")).executeOnServers(session, command, input);
}

/** @returns whether the daemon knows the command */
async function obeyAdded(here: Session, { name, words, values }: Extract<Invocation, { kind: "added" }>, world: World): Promise<boolean> {
  const session = sessionAt(here, values["server"]);
  const known = (await addedCommands(session.client)).find((one) => one.name === name.toLowerCase());
  if (known === undefined) return false;
  if (words[0] === "--help" || words[0] === "-h") world.stdout.write(`${addedHelp(known)}\n`);
  else if (!("cluster" in values || "label" in values)) await executeAdded(session, { name, words });
  else await (await import("./several.js")).executeAddedOnServers(session, { name, words, values });
  return true;
}

type Completed = (error: Error | null, result: [string[], string]) => void;

function completer(session: Session): (line: string, done: Completed) => void {
  return (line, done) => {
    const current = /\S*$/.exec(line)?.[0] ?? "";
    const words = [
      ...line
        .slice(0, line.length - current.length)
        .split(/\s+/)
        .filter((word) => word !== ""),
      current,
    ];
    const { values, words: rest } = afterGlobalOptions(words);
    const there = sessionAt(session, values["server"]);
    const names: LiveNames = {
      watchers: () => watcherNames(there),
      commands: () => addedNames(there),
      servers: () => serverNames(session.client),
    };
    complete(rest, names).then(
      (found) => done(null, [found.map((candidate) => `${quoteWord(candidate)} `), current]),
      () => done(null, [[], current]),
    );
  };
}

/** Asks the daemon; nothing where it does not answer. */
export async function watcherNames({ client }: Pick<Session, "client">): Promise<readonly string[]> {
  try {
    const { reply } = await client.send("list", {}, { timeout: PATIENCE });
    const watchers = isObject(reply) ? reply["watchers"] : null;
    return Array.isArray(watchers) ? watchers.map(String) : [];
  } catch {
    return [];
  }
}

/** Names of the commands that the daemon adds. */
export async function addedNames({ client }: Pick<Session, "client">): Promise<readonly string[]> {
  return (await addedCommands(client)).map(({ name }) => name);
}

function historyFile(env: Env): string | null {
  const state = env["XDG_STATE_HOME"] || (env["HOME"] ? join(env["HOME"], ".local", "state") : null);
  return state === null ? null : join(state, "circusctl", "history");
}

/** Newest first, as readline keeps it; nothing where there is none yet. */
async function readHistory(file: string): Promise<string[]> {
  try {
    return (await readFile(file, "utf8"))
      .split("\n")
      .filter((line) => line !== "")
      .reverse();
  } catch {
    return [];
  }
}

/** Commands may hold secrets (`set web env TOKEN=…`), so the file is its owner's alone. A home that cannot be written is no mistake. */
async function writeHistory(file: string, newestFirst: readonly string[]): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(
      file,
      [...newestFirst]
        .reverse()
        .map((line) => `${line}\n`)
        .join(""),
      { mode: 0o600 },
    );
  } catch {
    return;
  }
}
