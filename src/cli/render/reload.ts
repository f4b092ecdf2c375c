/** `reload`: new processes in place of the old ones. */
import { fail, succeed } from "../../core/result.js";
import { flag, renderOk, type Command } from "../command.js";

export const command: Command<"reload"> = {
  name: "reload",
  options: ["sequential", "terminate", "waiting"],
  words: "strict",
  manual: {
    operands: "[<name>]",
    about: [
      "Replaces the processes of a watcher, or of all watchers one after the other, without a gap: the new ones are started first, then the old ones are stopped. With --sequential one process is stopped and started at a time, warmup_delay apart. With --terminate the watcher is restarted.",
      "A watcher with send_hup gets SIGHUP sent to its processes and keeps them. A stopped watcher is started.",
    ],
    requests: [{ command: "reload", properties: { name: "web", graceful: true, sequential: false, waiting: false } }],
    reply: 'The reply is "ok"; with waiting and a name it carries "info": the pids stopped, started and kept.',
    examples: ["circusctl reload web", "circusctl --timeout 60 reload web --sequential --waiting"],
  },
  request(input) {
    const [name, ...others] = input.words;
    if (others.length > 0) return fail("invalid number of arguments");
    return succeed({
      ...(name === undefined ? {} : { name }),
      graceful: !flag(input, "terminate"),
      waiting: flag(input, "waiting"),
      sequential: flag(input, "sequential"),
    });
  },
  render: renderOk,
};
