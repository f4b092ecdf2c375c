/** Input of unknown shape, looked at key by key. */
export type Fields = { readonly [key: string]: unknown };

/** True for a mapping; arrays are none. */
export function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The mapping at a key, or an empty one. */
export function recordAt(fields: Fields, key: string): Fields {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  return isRecord(value) ? value : {};
}

export function textAt(fields: Fields, key: string): string | null {
  const value = fields[key];
  return typeof value === "string" && value !== "" ? value : null;
}

/** For a message. */
export function shown(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
}

/** A number, also one written as text. */
export function numberAt(fields: Fields, key: string): number | null {
  const value = fields[key];
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\d+$/.test(value) ? Number(value) : null;
}
