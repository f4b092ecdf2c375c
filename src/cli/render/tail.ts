/** `tail`: the last lines that processes wrote. */
import { fail, succeed } from "../../core/result.js";
import { isObject } from "../../wire/codec.js";
import { wholeNumber, WRONG_COUNT, type Command } from "../command.js";

export const command: Command<"tail"> = {
  name: "tail",
  options: [],
  words: "strict",
  manual: {
    operands: "<name> [<pid>]",
    about: ["Shows the last lines that the processes of a watcher wrote to stdout and stderr."],
    requests: [{ command: "tail", properties: { name: "web" } }],
    reply: 'The reply carries "lines", a "cursor" for the next request, and "missed".',
    examples: ["circusctl tail web", "circusctl tail web 4711"],
  },
  request({ words }) {
    const [name, pid, ...others] = words;
    if (name === undefined || others.length > 0) return fail(WRONG_COUNT);
    if (pid === undefined) return succeed({ name });
    const process = wholeNumber(pid, "process id");
    return process.ok ? succeed({ name, pid: process.value }) : process;
  },
  render(reply) {
    const lines = Array.isArray(reply["lines"]) ? reply["lines"] : [];
    return lines.map((line: unknown) => (isObject(line) && typeof line["text"] === "string" ? line["text"] : "")).join("\n");
  },
};
