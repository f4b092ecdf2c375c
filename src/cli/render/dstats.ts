/** `dstats`: what the daemon itself uses. */
import { fail, succeed } from "../../core/result.js";
import type { Command } from "../command.js";
import { table } from "../terminal.js";
import { childrenOf, figuresHeader, figuresLine, figuresRows } from "./figures.js";

export const command: Command<"dstats"> = {
  name: "dstats",
  options: [],
  words: "strict",
  manual: {
    operands: "",
    about: ["Shows memory and processor figures of circusd itself."],
    requests: [{ command: "dstats" }],
    reply:
      'The reply carries "info": pid, cmdline, username, nice, mem_info1 (resident), mem_info2 (virtual), cpu and mem in percent, ctime, children.',
    examples: ["circusctl dstats"],
  },
  request: (input) => (input.words.length > 0 ? fail("Invalid message") : succeed({})),
  render(reply, style) {
    const info = reply["info"];
    if (style.aligned) return table([figuresHeader(), ...figuresRows(info)], style);
    const children = childrenOf(info);
    return [
      "Main Process:",
      `    ${figuresLine(info)}`,
      ...(children.length > 0 ? ["Children:"] : []),
      ...children.map((child) => `    ${figuresLine(child)}`),
    ].join("\n");
  },
};
