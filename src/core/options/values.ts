/** Reads JSON of unknown shape as values that options may have. */
import type { OptionValue } from "../spec.js";

/** True for everything that JSON can express. */
export function isOptionValue(value: unknown): value is OptionValue {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") return true;
  if (Array.isArray(value)) return value.every(isOptionValue);
  return typeof value === "object" && Object.values(value).every(isOptionValue);
}

/** The keys and values of a JSON object, or null for anything else. */
export function objectEntries(value: unknown): readonly (readonly [string, unknown])[] | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : null;
}
