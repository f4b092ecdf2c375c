/** Values as Circus's messages quote them, so that clients that compare texts keep working. */

/**
 * A JSON value in Python's notation.
 * @example `repr({ nope: "x" }) === "{'nope': 'x'}"`
 */
export function repr(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value === null || value === undefined) return "None";
  if (Array.isArray(value)) return `[${value.map(repr).join(", ")}]`;
  if (typeof value === "object") {
    const pairs = Object.entries(value).map(([key, item]) => `${quote(key)}: ${repr(item)}`);
    return `{${pairs.join(", ")}}`;
  }
  return typeof value === "number" ? String(value) : typeof value;
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = "";
  for (const character of text) out += escape(character, mark);
  return mark + out + mark;
}

function escape(character: string, mark: string): string {
  if (character === "\\" || character === mark) return `\\${character}`;
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, "0")}` : character;
}
