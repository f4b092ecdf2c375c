/** The outcome of something that may fail as a matter of course: a value, or the failure as a value. */
export type Result<T, F> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: F };

/** @example `return succeed(pid)` */
export function succeed<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** @example `return fail({ stage: "cwd", code: "ENOENT", message: "…" })` */
export function fail<F>(failure: F): { readonly ok: false; readonly failure: F } {
  return { ok: false, failure };
}

/** Marks what cannot happen; the compiler proves it. */
export function never(value: never): never {
  throw new Error(`internal: unexpected value ${JSON.stringify(value)}`);
}
