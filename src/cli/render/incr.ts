/** `incr`: more processes for a watcher. */
import type { Command } from "../command.js";
import { renderScale, scaleRequest } from "./scale.js";

export const command: Command<"incr"> = {
  name: "incr",
  options: ["waiting"],
  words: "strict",
  manual: {
    operands: "<name> [<nb>]",
    about: ["Increments the number of processes of a watcher by <nb>, by 1 where it is left out. A singleton stays as it is."],
    requests: [{ command: "incr", properties: { name: "web", nb: 2, waiting: true } }],
    reply: 'The reply is "ok" at once; with waiting it carries "numprocesses", the number there is now.',
    examples: ["circusctl incr web", "circusctl incr web 2 --waiting"],
  },
  request: scaleRequest,
  render: renderScale,
};
