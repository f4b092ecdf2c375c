/** `options`: the values of all options of a watcher. */
import { fail, succeed } from "../../core/result.js";
import type { Command } from "../command.js";
import { renderOptions } from "./listing.js";

export const command: Command<"options"> = {
  name: "options",
  options: [],
  words: "strict",
  manual: {
    operands: "<name>",
    about: ["Shows the present values of all options of a watcher, as configured or as changed with `set`."],
    requests: [{ command: "options", properties: { name: "web" } }],
    reply: 'The reply carries "options", name to value.',
    examples: ["circusctl options web"],
  },
  request({ words: [name, ...others] }) {
    return name === undefined || others.length > 0 ? fail("number of arguments invalid") : succeed({ name });
  },
  render: renderOptions,
};
