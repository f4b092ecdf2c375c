/** The `%(name)s` expressions of a supervisord.conf, which are Python's. */

/** What a name stands for; null where it is not known. */
export type Lookup = (name: string, format: Format) => string | null;

export interface Format {
  /** `02d` in `%(process_num)02d`. */
  readonly text: string;
  /** Writes a number in this format. */
  readonly number: (value: number) => string;
}

const EXPRESSION = /%(?:\(([^)]*)\)(0?)(\d*)([sdi])|%)/g;

/** Replaces every expression whose name is known; `%%` is a percent sign. */
export function expandExpressions(text: string, lookup: Lookup): string {
  return text.replace(EXPRESSION, (...found: readonly unknown[]) => {
    const [whole = "", name = null, zero = "", width = "", kind = ""] = found.map((part) => (typeof part === "string" ? part : undefined));
    if (name === null) return "%";
    const number = (value: number): string => String(value).padStart(Number(width), zero === "0" ? "0" : " ");
    return lookup(name, { text: `${zero}${width}${kind}`, number }) ?? whole;
  });
}

/** The formats in which a name is used. */
export function formatsOf(text: string, wanted: string): readonly string[] {
  const formats: string[] = [];
  expandExpressions(text, (name, format) => {
    if (name === wanted) formats.push(format.text);
    return null;
  });
  return formats;
}

/** Takes the expressions of a name out of a file's name, with the sign that joins them: `web_%(process_num)02d.log` is `web.log`. */
export function withoutExpression(text: string, name: string): string {
  return text.replace(new RegExp(`[-_.]?%\\(${name}\\)0?\\d*[sdi]`, "g"), "");
}
