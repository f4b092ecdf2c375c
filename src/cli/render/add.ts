/** `add`: a new watcher. */
import { fail, succeed } from "../../core/result.js";
import { flag, renderOk, WRONG_COUNT, type Command } from "../command.js";
import { quoteWord } from "../../core/words.js";

export const command: Command<"add"> = {
  name: "add",
  options: ["start", "waiting"],
  words: "command",
  manual: {
    operands: "<name> <cmd> [<arg>...]",
    about: [
      "Adds a watcher to the running daemon. It stays stopped unless --start is given, and it is forgotten when the daemon ends or reads its configuration again.",
      "Words after <cmd> are arguments of the command, also those that begin with a dash; only --start and --waiting are circusctl's. Write -- before <cmd> to hand these on too.",
    ],
    requests: [{ command: "add", properties: { name: "worker", cmd: "node worker.js --port 8000", start: true } }],
    reply:
      'The reply is "ok". With "options" in its properties the message sets any option of a watcher: {"numprocesses": 2, "copy_env": true}.',
    examples: ["circusctl add --start worker node worker.js --port 8000", 'circusctl add worker "sleep 3600"'],
  },
  request(input) {
    const [name, cmd, ...args] = input.words;
    if (name === undefined || cmd === undefined) return fail(WRONG_COUNT);
    return succeed({
      name,
      cmd: [cmd, ...args.map(quoteWord)].join(" "),
      start: flag(input, "start"),
      ...(flag(input, "waiting") ? { waiting: true } : {}),
    });
  },
  render: renderOk,
};
