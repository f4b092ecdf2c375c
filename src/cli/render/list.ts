/** `list`: watchers, or the processes of one. */
import { optionalName, WRONG_COUNT, type Command } from "../command.js";

export const command: Command<"list"> = {
  name: "list",
  options: [],
  words: "strict",
  manual: {
    operands: "[<name>]",
    about: ["Lists the watchers, or the process ids of one watcher, with commas between."],
    requests: [{ command: "list" }, { command: "list", properties: { name: "web" } }],
    reply: 'The reply carries "watchers", sorted and in lower case; with a name "pids".',
    examples: ["circusctl list", "circusctl list web"],
  },
  request: ({ words }) => optionalName(words, WRONG_COUNT),
  render(reply) {
    const listed = reply["pids"] ?? reply["watchers"];
    return Array.isArray(listed) ? listed.join(",") : "";
  },
};
