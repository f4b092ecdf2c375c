/** `listsockets`: the sockets that the daemon holds. */
import { fail, succeed } from "../../core/result.js";
import { isObject } from "../../wire/codec.js";
import { WRONG_COUNT, type Command } from "../command.js";
import { table } from "../terminal.js";

export const command: Command<"listsockets"> = {
  name: "listsockets",
  options: [],
  words: "strict",
  manual: {
    operands: "",
    about: ["Lists the sockets that the daemon holds: descriptor, name and address."],
    requests: [{ command: "listsockets" }],
    reply: 'The reply carries "sockets", each with fd, name, backlog, and path or host and port.',
    examples: ["circusctl listsockets"],
  },
  request: ({ words }) => (words.length > 0 ? fail(WRONG_COUNT) : succeed({})),
  render(reply, style) {
    const listed = Array.isArray(reply["sockets"]) ? reply["sockets"].filter(isObject) : [];
    const sockets = listed.map((socket) => ({
      fd: String(socket["fd"]),
      name: String(socket["name"]),
      address: "path" in socket ? String(socket["path"]) : `${String(socket["host"])}:${String(socket["port"])}`,
    }));
    if (!style.aligned) return sockets.map(({ fd, name, address }) => `${fd}:socket '${name}' at ${address}`).join("\n");
    return table(
      sockets.map(({ fd, name, address }) => [{ text: fd, right: true }, { text: name, colour: "cyan" }, { text: address }]),
      style,
    );
  },
};
