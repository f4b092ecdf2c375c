/** What many measurements of one thing come to. */

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The value that so many percent of all do not exceed; NaN where there is none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export function largest(values: readonly number[]): number {
  return percentile(values, 100);
}

/** Runs the work so many times, one after the other. */
export async function times<T>(count: number, work: () => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  for (let done = 0; done < count; done++) results.push(await work());
  return results;
}

/** Milliseconds that the work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** Looks every few milliseconds until it holds. @throws after a minute without */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const patience = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > patience) throw new Error(`Waited in vain for ${what}`);
    await pause(2);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
