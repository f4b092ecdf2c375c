/** `signal`: a signal and no more. */
import { fail, succeed } from "../../core/result.js";
import { flag, renderOk, wholeNumber, WRONG_COUNT, type Command } from "../command.js";

export const command: Command<"signal"> = {
  name: "signal",
  options: ["children", "recursive"],
  words: "strict",
  manual: {
    operands: "<name> [<pid>] [<childpid>] <signum>",
    about: [
      "Sends a signal, by name or number, to all processes of a watcher, to the one with that pid, or to a child of that process. With --children the children get it in their parent's place, with --recursive the process and all its descendants.",
    ],
    requests: [
      { command: "signal", properties: { name: "web", signum: "HUP" } },
      { command: "signal", properties: { name: "web", pid: 4711, childpid: 4712, signum: 10 } },
      { command: "signal", properties: { name: "web", signum: "USR1", recursive: true } },
    ],
    reply: 'The reply is "ok".',
    examples: ["circusctl signal web HUP", "circusctl signal web 4711 USR1 --recursive", "circusctl signal web 4711 4712 USR1"],
  },
  request(input) {
    const [name, ...targets] = input.words;
    const signum = targets.pop();
    if (name === undefined || signum === undefined || targets.length > 2) return fail(WRONG_COUNT);
    const [pid, childpid] = targets.map((word) => wholeNumber(word, "process id"));
    if (pid && !pid.ok) return pid;
    if (childpid && !childpid.ok) return childpid;
    return succeed({
      name,
      children: flag(input, "children"),
      recursive: flag(input, "recursive"),
      signum,
      ...(pid ? { pid: pid.value } : {}),
      ...(childpid ? { childpid: childpid.value } : {}),
    });
  },
  render: renderOk,
};
