/** `rm`: a watcher is removed. */
import { fail, succeed } from "../../core/result.js";
import { flag, renderOk, WRONG_COUNT, type Command } from "../command.js";

export const command: Command<"rm"> = {
  name: "rm",
  options: ["nostop", "waiting"],
  words: "strict",
  manual: {
    operands: "<name>",
    about: ["Stops a watcher and removes it. With --nostop its processes run on, and nobody watches them."],
    requests: [{ command: "rm", properties: { name: "web", nostop: true, waiting: true } }],
    reply: 'The reply is "ok" at once; with waiting when the watcher is gone.',
    examples: ["circusctl rm web --waiting", "circusctl rm web --nostop"],
  },
  request(input) {
    const [name, ...others] = input.words;
    if (name === undefined || others.length > 0) return fail(WRONG_COUNT);
    return succeed({ name, ...(flag(input, "nostop") ? { nostop: true } : {}), ...(flag(input, "waiting") ? { waiting: true } : {}) });
  },
  render: renderOk,
};
