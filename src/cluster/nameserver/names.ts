/** Names of hosts and domains. */

/** Octets of a label and of a whole name. */
const LONGEST_LABEL = 63;
const LONGEST_NAME = 253;

/** The name with its final dot; null where it is none. Underscores and `*` are taken as labels like others. */
export function absoluteName(text: string): string | null {
  if (text === ".") return ".";
  const bare = text.endsWith(".") ? text.slice(0, -1) : text;
  const labels = bare.split(".");
  if (bare.length > LONGEST_NAME || labels.some((label) => label.length === 0 || label.length > LONGEST_LABEL)) return null;
  return labels.every((label) => /^[\x21-\x7e]+$/.test(label) && !/["\\();]/.test(label)) ? `${bare}.` : null;
}

/** By which names are compared: upper and lower case make no difference. */
export function nameKey(name: string): string {
  return (name.endsWith(".") ? name : `${name}.`).toLowerCase();
}
