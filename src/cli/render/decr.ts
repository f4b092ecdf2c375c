/** `decr`: fewer processes for a watcher. */
import type { Command } from "../command.js";
import { renderScale, scaleRequest } from "./scale.js";

export const command: Command<"decr"> = {
  name: "decr",
  options: ["waiting"],
  words: "strict",
  manual: {
    operands: "<name> [<nb>]",
    about: ["Decrements the number of processes of a watcher by <nb>, by 1 where it is left out. A singleton stays as it is."],
    requests: [{ command: "decr", properties: { name: "web", nb: 2, waiting: true } }],
    reply: 'The reply is "ok" at once; with waiting it carries "numprocesses", the number there is now.',
    examples: ["circusctl decr web", "circusctl decr web 2 --waiting"],
  },
  request: scaleRequest,
  render: renderScale,
};
