/** `stats`: what processes use. */
import { fail, succeed } from "../../core/result.js";
import { isObject } from "../../wire/codec.js";
import type { Reply } from "../../wire/reply.js";
import { flag, wholeNumber, type Command } from "../command.js";
import { table, type Style } from "../terminal.js";
import { childrenOf, figuresHeader, figuresLine, figuresRows } from "./figures.js";

export const command: Command<"stats"> = {
  name: "stats",
  options: ["extended"],
  words: "strict",
  manual: {
    operands: "[<name>] [<pid>]",
    about: ["Shows memory and processor figures of all processes, of one watcher's, or of one process, with their children."],
    requests: [
      { command: "stats" },
      { command: "stats", properties: { name: "web" } },
      { command: "stats", properties: { name: "web", process: 4711, extended: true } },
    ],
    reply: 'The reply carries "infos" by watcher and pid; with a name "info" by pid; with a process the "info" of that process.',
    examples: ["circusctl stats", "circusctl stats web", "circusctl stats --extended web 4711"],
  },
  request(input) {
    const [name, pid, ...others] = input.words;
    if (others.length > 0) return fail("message invalid");
    const extended = flag(input, "extended");
    if (name === undefined) return succeed({ extended });
    if (pid === undefined) return succeed({ name, extended });
    const process = wholeNumber(pid, "process id");
    return process.ok ? succeed({ name, process: process.value, extended }) : process;
  },
  render(reply, style) {
    if (style.aligned) return forPeople(reply, style);
    if ("name" in reply) return [`${String(reply["name"])}:`, ...processLines(reply["info"])].join("\n");
    if ("infos" in reply)
      return byName(reply["infos"])
        .flatMap(([name, infos]) => [`${name}:`, ...processLines(infos)])
        .join("\n");
    return `${processText(String(reply["process"]), reply["info"])}\n`;
  },
};

function byName(value: unknown): readonly (readonly [string, unknown])[] {
  return isObject(value) ? Object.entries(value) : [];
}

function processLines(infos: unknown): readonly string[] {
  return byName(infos).map(([pid, info]) => processText(pid, info));
}

function processText(pid: string, info: unknown): string {
  return [`${pid}: ${figuresLine(info)}`, ...childrenOf(info).map((child) => `   ${figuresLine(child)}`)].join("\n");
}

function forPeople(reply: Reply, style: Style): string {
  const groups =
    "name" in reply
      ? [[String(reply["name"]), reply["info"]] as const]
      : "infos" in reply
        ? byName(reply["infos"])
        : [["", { [String(reply["process"])]: reply["info"] }] as const];
  const rows = groups.flatMap(([name, infos]) =>
    byName(infos).flatMap(([, info]) => figuresRows(info).map((cells) => [{ text: name, colour: "cyan" as const }, ...cells])),
  );
  return table([[{ text: "WATCHER", colour: "bold" }, ...figuresHeader()], ...rows], style);
}
