/** `restart`: watchers stop and start. */
import { fail, succeed } from "../../core/result.js";
import { matching, optionalName, renderOk, WRONG_COUNT, type Command } from "../command.js";

export const command: Command<"restart"> = {
  name: "restart",
  options: ["match", "waiting"],
  words: "strict",
  manual: {
    operands: "[<name>]",
    about: [
      "Stops a watcher and starts it. Without a name the daemon restarts as a whole, with the same pid: it stops all, reads its configuration again and starts.",
      "<name> is a name or, unless --match says otherwise, a pattern such as `web-*`. With --waiting the reply comes when the work is done: give --timeout enough room for graceful_timeout and warmup_delay.",
    ],
    requests: [{ command: "restart" }, { command: "restart", properties: { name: "web*", waiting: true, match: "glob" } }],
    reply: 'The reply is "ok"; with waiting and one watcher it carries "info": the pids stopped, started and kept.',
    examples: ["circusctl restart web", 'circusctl restart "web-*" --waiting', "circusctl restart '^(web|api)$' --match regex"],
  },
  request(input) {
    const name = optionalName(input.words, WRONG_COUNT);
    return name.ok ? succeed({ ...name.value, ...matching(input) }) : fail(name.failure);
  },
  render: renderOk,
};
