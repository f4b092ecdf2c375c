/** JSON as Circuit's tool prints it: indented with tabs, and what HTML would take for its own written as escapes. */

const ESCAPES: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** @example `goJson({ Args: ["a>b"] })` */
export function goJson(value: unknown): string {
  return JSON.stringify(value ?? null, null, "\t").replace(/[<>&\u2028\u2029]/g, (letter) => ESCAPES[letter] ?? letter);
}

/** A comma before the end of a list, which the tutorials of Circuit have; what stands in quotes is left alone. */
const COMMA_AT_END = /("(?:[^"\\]|\\.)*")|,(?=\s*[\]}])/g;

/**
 * Reads JSON as people write it: a comma too many at the end of a list does no harm.
 * @throws SyntaxError
 */
export function parseLoose(text: string): unknown {
  return JSON.parse(text.replace(COMMA_AT_END, (_, quoted: string | undefined) => quoted ?? ""));
}
