/** `listen`: events as they come. The words are topics; `listening.ts` does the work. */
import { succeed } from "../../core/result.js";
import { renderOk, type Command } from "../command.js";

export const command: Command<"listen"> = {
  name: "listen",
  options: [],
  words: "strict",
  manual: {
    operands: "[<topic>...]",
    about: [
      "Prints events as they come, until Ctrl-C. A topic is the beginning of those wanted; all where none is given. Topics are watcher.<name>.<event>, with the name in lower case, `_` in place of spaces.",
      "Events are spawn, start, stop, reap, kill, updated, reload, add, remove, hook_success, hook_failure. With --json each line is an object with topic and event.",
      "The daemon is asked where it publishes. An --endpoint that does not answer is taken for a pubsub endpoint, as in Circus.",
    ],
    requests: [{ command: "globaloptions", properties: { option: "pubsub_endpoint" } }],
    reply: "Events come from the pubsub endpoint as two frames: topic and JSON.",
    examples: ["circusctl listen", "circusctl listen watcher.web. watcher.worker.reap"],
  },
  request: ({ words }) => succeed({ topic: words.length === 0 ? [""] : words }),
  render: renderOk,
};
