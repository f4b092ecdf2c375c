/** `kill`: stop processes; the watcher starts new ones. */
import { fail, succeed } from "../../core/result.js";
import { flag, renderOk, wholeNumber, WRONG_COUNT, type Command } from "../command.js";

export const command: Command<"kill"> = {
  name: "kill",
  options: ["graceful_timeout", "signum", "waiting"],
  words: "strict",
  manual: {
    operands: "<name> [<pid>]",
    about: [
      "Stops all processes of a watcher, or the one with that pid: the stop signal first, SIGKILL after graceful_timeout. A running watcher then starts new ones. To send a signal and no more, use `signal`.",
    ],
    requests: [
      { command: "kill", properties: { name: "web" } },
      { command: "kill", properties: { name: "web", pid: 4711, signum: "QUIT", graceful_timeout: 1.5, waiting: true } },
    ],
    reply: 'The reply is "ok" at once; with waiting when the processes are gone.',
    examples: ["circusctl kill web", "circusctl kill web 4711 --signum QUIT --graceful_timeout 1.5 --waiting"],
  },
  request(input) {
    const [name, word, ...others] = input.words;
    if (name === undefined || others.length > 0) return fail(WRONG_COUNT);
    const pid = word === undefined ? null : wholeNumber(word, "process id");
    if (pid !== null && !pid.ok) return pid;
    const { signum, graceful_timeout } = input.values;
    return succeed({
      name,
      ...(pid === null ? {} : { pid: pid.value }),
      ...(typeof signum === "string" ? { signum } : {}),
      ...(typeof graceful_timeout === "number" ? { graceful_timeout } : {}),
      ...(flag(input, "waiting") ? { waiting: true } : {}),
    });
  },
  render: renderOk,
};
