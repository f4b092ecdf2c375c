/** `start`: watchers begin to run. */
import { fail, succeed } from "../../core/result.js";
import { matching, optionalName, renderOk, WRONG_COUNT, type Command } from "../command.js";

export const command: Command<"start"> = {
  name: "start",
  options: ["match", "waiting"],
  words: "strict",
  manual: {
    operands: "[<name>]",
    about: [
      "Starts a watcher, or all watchers whose autostart is on.",
      "<name> is a name or, unless --match says otherwise, a pattern such as `web-*`. With --waiting the reply comes when the work is done: give --timeout enough room for graceful_timeout and warmup_delay.",
    ],
    requests: [{ command: "start" }, { command: "start", properties: { name: "web*", waiting: true, match: "glob" } }],
    reply: 'The reply is "ok"; with waiting and one watcher it carries "info": the pids started and kept.',
    examples: ["circusctl start web", 'circusctl start "web-*" --waiting', "circusctl start '^(web|api)$' --match regex"],
  },
  request(input) {
    const name = optionalName(input.words, WRONG_COUNT);
    return name.ok ? succeed({ ...name.value, ...matching(input) }) : fail(name.failure);
  },
  render: renderOk,
};
