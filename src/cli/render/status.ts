/** `status`: whether watchers run. */
import { isObject } from "../../wire/codec.js";
import { optionalName, type Command } from "../command.js";
import { table, type Colour, type Style } from "../terminal.js";

const COLOURS: Readonly<Record<string, Colour>> = { active: "green", stopped: "red", starting: "yellow", stopping: "yellow" };

export const command: Command<"status"> = {
  name: "status",
  options: [],
  words: "strict",
  manual: {
    operands: "[<name>]",
    about: ["Shows whether watchers are active, stopped, starting or stopping."],
    requests: [{ command: "status" }, { command: "status", properties: { name: "web" } }],
    reply: 'The reply carries "statuses" by name; with a name its own "status" is the watcher\'s.',
    examples: ["circusctl status", "circusctl status web"],
  },
  request: ({ words }) => optionalName(words, "message invalid"),
  render(reply, style) {
    const statuses = reply["statuses"];
    if (!isObject(statuses)) return painted(reply.status, style);
    const rows = Object.entries(statuses)
      .map(([name, status]) => ({ name, status: String(status) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    if (!style.aligned) return rows.map(({ name, status }) => `${name}: ${painted(status, style)}`).join("\n");
    return table(
      rows.map(({ name, status }) => [{ text: name }, { text: status, ...colourOf(status) }]),
      style,
    );
  },
};

function colourOf(status: string): { readonly colour?: Colour } {
  const colour = Object.hasOwn(COLOURS, status) ? COLOURS[status] : undefined;
  return colour === undefined ? {} : { colour };
}

function painted(status: string, style: Style): string {
  const { colour } = colourOf(status);
  return colour === undefined ? status : style.paint(colour, status);
}
