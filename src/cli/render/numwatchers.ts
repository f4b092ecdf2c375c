/** `numwatchers`: how many watchers. */
import { fail, succeed } from "../../core/result.js";
import { WRONG_COUNT, type Command } from "../command.js";

export const command: Command<"numwatchers"> = {
  name: "numwatchers",
  options: [],
  words: "strict",
  manual: {
    operands: "",
    about: ["Shows the number of watchers."],
    requests: [{ command: "numwatchers" }],
    reply: 'The reply carries "numwatchers".',
    examples: ["circusctl numwatchers"],
  },
  request: ({ words }) => (words.length > 0 ? fail(WRONG_COUNT) : succeed({})),
  render: (reply) => String(reply["numwatchers"]),
};
