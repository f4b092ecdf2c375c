/** Values as Python's str() prints them: what Circus's tools show, and scripts have read for years. */
import { repr } from "../core/options/repr.js";

/** What is a float in Circus: JSON from Node has no `30.0`, so the point comes back here. */
const FLOATS: ReadonlySet<string> = new Set(["graceful_timeout", "check_delay", "cpu", "mem"]);

/**
 * The text of an option or a figure.
 * @example `optionText("shell", false) === "False"`, `optionText("graceful_timeout", 30) === "30.0"`
 */
export function optionText(key: string, value: unknown): string {
  if (key === "env") return environmentText(value);
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number" && FLOATS.has(key) && Number.isInteger(value)) return `${value}.0`;
  return repr(value);
}

/** `A=1,B=2`, sorted by name. */
function environmentText(value: unknown): string {
  if (typeof value !== "object" || value === null) return "";
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, content]) => `${name}=${String(content)}`)
    .join(",");
}
