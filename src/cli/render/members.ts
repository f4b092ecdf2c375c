/** `members`: the servers of the circuit. */
import { fail, succeed } from "../../core/result.js";
import { isObject } from "../../wire/codec.js";
import { WRONG_COUNT, type Command } from "../command.js";
import { table, type Cell, type Colour } from "../terminal.js";

const COLOURS: Readonly<Record<string, Colour>> = { alive: "green", slow: "yellow", lost: "red" };

export const command: Command<"members"> = {
  name: "members",
  options: [],
  words: "strict",
  manual: {
    operands: "",
    about: [
      "Lists the servers of the circuit as the daemon sees them: name, state, id, address and labels. `*` marks the one that was asked.",
      "`slow` is connected and has not answered for a while; `lost` went without a good-bye and is still looked for.",
    ],
    requests: [{ command: "members" }],
    reply: 'The reply carries "members", each with id, name, address, labels, version, state, started, circusd and self.',
    examples: ["circusctl members"],
  },
  request: ({ words }) => (words.length > 0 ? fail(WRONG_COUNT) : succeed({})),
  render(reply, style) {
    const listed = Array.isArray(reply["members"]) ? reply["members"].filter(isObject) : [];
    const byName = [...listed].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
    const rows = byName.map((member) => ({
      name: `${String(member["name"])}${member["self"] === true ? "*" : ""}`,
      state: String(member["state"]),
      id: String(member["id"]),
      address: String(member["address"]),
      labels: isObject(member["labels"]) ? pairs(member["labels"]) : "",
    }));
    if (!style.aligned)
      return rows.map(({ name, state, id, address, labels }) => [name, state, id, address, labels].join(" ").trim()).join("\n");
    const head = ["NAME", "STATE", "ID", "ADDRESS", "LABELS"].map((text): Cell => ({ text, colour: "bold" }));
    const cells = rows.map(({ name, state, id, address, labels }): readonly Cell[] => {
      const colour = Object.hasOwn(COLOURS, state) ? COLOURS[state] : undefined;
      return [
        { text: name },
        { text: state, ...(colour === undefined ? {} : { colour }) },
        { text: id },
        { text: address },
        { text: labels },
      ];
    });
    return table([head, ...cells], style);
  },
};

/** Servers of one name stand by their ids. */
function nameOf({ name, id }: Readonly<Record<string, unknown>>): string {
  return `${String(name)} ${String(id)}`;
}

function pairs(labels: Readonly<Record<string, unknown>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(" ");
}
