/** Commands that modules of the daemon add: nothing of them is known here, the daemon is asked for everything. */
import { CallTimeout } from "../client/errors.js";
import { isObject } from "../wire/codec.js";
import type { AddedCommandInfo } from "../wire/contract.js";
import { refusalOf } from "../wire/reply.js";
import { wrap } from "./option-list.js";
import { reportFailure, type Session } from "./session.js";
import { styleOf } from "./terminal.js";
import type { Asker } from "./through.js";

/** Seconds that lists of commands and words that may be a slip wait for the daemon. */
const PATIENCE = 1;

/** What the daemon adds; nothing where it does not answer, or knows no such thing. */
export async function addedCommands(client: Asker): Promise<readonly AddedCommandInfo[]> {
  try {
    const { reply } = await client.send("commands", {}, { timeout: PATIENCE });
    const commands = reply["commands"];
    return Array.isArray(commands) ? commands.filter(isInfo) : [];
  } catch (cause) {
    if (cause instanceof CallTimeout) return [];
    throw cause;
  }
}

/** Sends the words of an added command and prints what comes of them. @returns the exit code */
export async function executeAdded(
  session: Session,
  { name, words }: { readonly name: string; readonly words: readonly string[] },
): Promise<number> {
  const { settings, world } = session;
  try {
    const signal = session.interrupt();
    const options = { timeout: settings.timeout, ...(signal ? { signal } : {}) };
    const { text, reply } = await session.client.send(name, { argv: words }, options);
    const refusal = refusalOf(reply);
    if (settings.json) {
      const { prettyJson } = await import("./json.js");
      world.stdout.write(`${settings.prettify ? prettyJson(reply, styleOf(world.stdout, world.env)) : text}\n`);
    } else if (refusal === null) world.stdout.write(`${typeof reply["console"] === "string" ? reply["console"] : "ok"}\n`);
    else world.stderr.write(`error: ${refusal.reason}\n`);
    return refusal === null ? 0 : 3;
  } catch (cause) {
    return reportFailure(cause, world.stderr);
  }
}

/** What `circusctl help COMMAND` prints of one. */
export function addedHelp({ name, summary, operands, help }: AddedCommandInfo): string {
  const title = summary === "" ? name : summary;
  const about = help === "" ? [] : ["", ...help.split(/\n{2,}/).flatMap((paragraph) => [...wrap(paragraph.trim(), ""), ""])];
  return [title, "=".repeat(title.length), "", `usage: circusctl ${`${name} ${operands}`.trim()}`, ...about].join("\n").trimEnd();
}

function isInfo(value: unknown): value is AddedCommandInfo {
  return isObject(value) && ["name", "summary", "operands", "help"].every((key) => typeof value[key] === "string");
}
