/** `globaloptions`: the daemon's own options. */
import { fail, succeed } from "../../core/result.js";
import { WRONG_COUNT, type Command } from "../command.js";
import { renderOptions } from "./listing.js";

export const command: Command<"globaloptions"> = {
  name: "globaloptions",
  options: [],
  words: "strict",
  manual: {
    operands: "[<key>]",
    about: ["Shows the options of the daemon, or one of them: endpoint, stats_endpoint, pubsub_endpoint, check_delay, multicast_endpoint."],
    requests: [{ command: "globaloptions" }, { command: "globaloptions", properties: { option: "pubsub_endpoint" } }],
    reply: 'The reply carries "options", name to value.',
    examples: ["circusctl globaloptions", "circusctl globaloptions pubsub_endpoint"],
  },
  request({ words: [option, ...others] }) {
    if (others.length > 0) return fail(WRONG_COUNT);
    return succeed(option === undefined ? {} : { option });
  },
  render: renderOptions,
  renderRefusal: (reason) => reason,
};
