/** `get`: the values of some options of a watcher. */
import { fail, succeed } from "../../core/result.js";
import { WRONG_COUNT, type Command } from "../command.js";
import { renderOptions } from "./listing.js";

export const command: Command<"get"> = {
  name: "get",
  options: [],
  words: "strict",
  manual: {
    operands: "<name> <key>...",
    about: ["Shows the present values of the named options of a watcher. The command `options` shows all."],
    requests: [{ command: "get", properties: { name: "web", keys: ["numprocesses", "cmd"] } }],
    reply: 'The reply carries "options", name to value.',
    examples: ["circusctl get web numprocesses cmd"],
  },
  request({ words: [name, ...keys] }) {
    return name === undefined || keys.length === 0 ? fail(WRONG_COUNT) : succeed({ name, keys });
  },
  render: renderOptions,
};
