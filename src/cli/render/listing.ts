/** Options and their values, one a line, as `get`, `options` and `globaloptions` print them. */
import { isObject } from "../../wire/codec.js";
import type { Reply } from "../../wire/reply.js";
import { optionText } from "../python.js";
import { table, type Style } from "../terminal.js";

export function renderOptions(reply: Reply, style: Style): string {
  const options = reply["options"];
  const entries = (isObject(options) ? Object.entries(options) : []).map(([key, value]) => [key, optionText(key, value)] as const);
  if (!style.aligned) return entries.map(([key, text]) => `${key}: ${text}`).join("\n");
  return table(
    entries.map(([key, text]) => [{ text: key, colour: "cyan" }, { text }]),
    style,
  );
}
