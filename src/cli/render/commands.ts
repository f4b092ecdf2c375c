/** `commands`: what modules of this daemon add. */
import { fail, succeed } from "../../core/result.js";
import { isObject } from "../../wire/codec.js";
import { WRONG_COUNT, type Command } from "../command.js";

export const command: Command<"commands"> = {
  name: "commands",
  options: [],
  words: "strict",
  manual: {
    operands: "",
    about: [
      "Shows the commands that modules of this daemon add to those listed here, as `commands` in its [circus] section says. They are used like any other.",
    ],
    requests: [{ command: "commands" }],
    reply: 'The reply carries "commands", each with its name, summary, operands and help.',
    examples: ["circusctl commands"],
  },
  request: ({ words }) => (words.length > 0 ? fail(WRONG_COUNT) : succeed({})),
  render(reply) {
    const commands = reply["commands"];
    const all = Array.isArray(commands) ? commands.filter(isObject) : [];
    if (all.length === 0) return "No commands are added";
    return all
      .map(({ name, operands, summary }) => `${String(name)} ${String(operands)}`.trim() + (summary === "" ? "" : `: ${String(summary)}`))
      .join("\n");
  },
};
