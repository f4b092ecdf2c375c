/** `quit`: the end of the daemon. */
import { fail, succeed } from "../../core/result.js";
import { flag, renderOk, WRONG_COUNT, type Command } from "../command.js";

export const command: Command<"quit"> = {
  name: "quit",
  options: ["waiting"],
  words: "strict",
  manual: {
    operands: "",
    about: [
      "Stops all processes and ends the daemon. With --waiting the reply comes when all is stopped: give --timeout enough room for graceful_timeout.",
    ],
    requests: [{ command: "quit", properties: { waiting: true } }],
    reply: 'The reply is "ok".',
    examples: ["circusctl quit", "circusctl --timeout 60 quit --waiting"],
  },
  request: (input) => (input.words.length > 0 ? fail(WRONG_COUNT) : succeed({ waiting: flag(input, "waiting") })),
  render: renderOk,
};
