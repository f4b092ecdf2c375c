/** `reloadconfig`: the configuration files are read again. */
import { fail, succeed } from "../../core/result.js";
import { flag, renderOk, WRONG_COUNT, type Command } from "../command.js";

export const command: Command<"reloadconfig"> = {
  name: "reloadconfig",
  options: ["waiting"],
  words: "strict",
  manual: {
    operands: "",
    about: ["Reads the configuration files again and applies what differs. Watchers added with `add` are removed."],
    requests: [{ command: "reloadconfig", properties: { waiting: true } }],
    reply: 'The reply is "ok"; faults in the files are in the error reply and in the daemon\'s log.',
    examples: ["circusctl reloadconfig --waiting"],
  },
  request: (input) => (input.words.length > 0 ? fail(WRONG_COUNT) : succeed({ waiting: flag(input, "waiting") })),
  render: renderOk,
};
