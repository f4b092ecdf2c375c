/** `ipython`: what stands in its place. */
import { fail, succeed } from "../../core/result.js";
import type { Command } from "../command.js";

const INSTEAD =
  "circusd runs on Node, so there is no IPython kernel in it: run circusctl without a command for an interactive shell, or talk to the daemon from a program with the client of the npm package circusd";

export const command: Command<"ipython"> = {
  name: "ipython",
  options: [],
  words: "strict",
  manual: {
    operands: "",
    about: ["Circus opens a Python shell in its daemon here. This circusctl tells what to use in its place and opens nothing."],
    requests: [{ command: "ipython" }],
    reply: 'The reply carries "shell": false and "msg".',
    examples: ["circusctl ipython"],
  },
  request: (input) => (input.words.length > 0 ? fail("Invalid message") : succeed({})),
  render: () => INSTEAD,
};
