/** `join`: merges the circuits of two servers. */
import { fail, succeed } from "../../core/result.js";
import { isObject } from "../../wire/codec.js";
import { WRONG_COUNT, type Command } from "../command.js";

export const command: Command<"join"> = {
  name: "join",
  options: [],
  words: "strict",
  manual: {
    operands: "<address>",
    about: [
      "Merges the circuit of the daemon with that of the server at an address, `HOST:PORT` or `circuit://…`. It makes no difference which of the two is told, and nothing happens where both are in the same circuit already.",
    ],
    requests: [{ command: "join", properties: { address: "10.0.0.2:11022" } }],
    reply: 'The reply carries "member", the server that answered.',
    examples: ["circusctl join 10.0.0.2:11022"],
  },
  request({ words: [address, ...others] }) {
    return address === undefined || others.length > 0 ? fail(WRONG_COUNT) : succeed({ address });
  },
  render(reply) {
    const { member } = reply;
    return isObject(member) ? `joined ${String(member["name"])} (${String(member["id"])})` : "ok";
  },
};
