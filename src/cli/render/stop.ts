/** `stop`: watchers stop. */
import { fail, succeed } from "../../core/result.js";
import { matching, optionalName, renderOk, WRONG_COUNT, type Command } from "../command.js";

export const command: Command<"stop"> = {
  name: "stop",
  options: ["match", "waiting"],
  words: "strict",
  manual: {
    operands: "[<name>]",
    about: [
      "Stops a watcher, or all watchers: the stop signal first, SIGKILL after graceful_timeout.",
      "<name> is a name or, unless --match says otherwise, a pattern such as `web-*`. With --waiting the reply comes when the work is done: give --timeout enough room for graceful_timeout and warmup_delay.",
    ],
    requests: [{ command: "stop" }, { command: "stop", properties: { name: "web*", waiting: true, match: "glob" } }],
    reply: 'The reply is "ok".',
    examples: ["circusctl stop web", 'circusctl stop "web-*" --waiting', "circusctl stop '^(web|api)$' --match regex"],
  },
  request(input) {
    const name = optionalName(input.words, WRONG_COUNT);
    return name.ok ? succeed({ ...name.value, ...matching(input) }) : fail(name.failure);
  },
  render: renderOk,
};
