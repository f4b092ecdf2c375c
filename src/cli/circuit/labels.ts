/** Labels of servers on a command line: `role=web`. */
import { fail, succeed, type Result } from "../../core/result.js";

export type Labels = Readonly<Record<string, string>>;

/** @example `readLabels(["role=web", "zone=a"])` */
export function readLabels(words: readonly string[]): Result<Labels, string> {
  const labels = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf("=");
    if (at < 1) return fail(`--label takes NAME=VALUE, not "${word}"`);
    labels.set(word.slice(0, at), word.slice(at + 1));
  }
  return succeed(Object.fromEntries(labels));
}

/** Whether a server has all of these. */
export function hasLabels(own: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => Object.hasOwn(own, name) && own[name] === value);
}
