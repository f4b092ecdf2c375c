/** `numprocesses`: how many processes. */
import { optionalName, type Command } from "../command.js";

export const command: Command<"numprocesses"> = {
  name: "numprocesses",
  options: [],
  words: "strict",
  manual: {
    operands: "[<name>]",
    about: ["Shows the number of processes of a watcher, or of all watchers together."],
    requests: [{ command: "numprocesses", properties: { name: "web" } }],
    reply: 'The reply carries "numprocesses".',
    examples: ["circusctl numprocesses web"],
  },
  request: ({ words }) => optionalName(words, "message invalid"),
  render: (reply) => String(reply["numprocesses"]),
};
