/** The limits of a process, and how often in a row it may be beyond each of them. */
import type { PluginOptions } from "circusd/plugin";

/** Percent of the machine's memory, or bytes. */
export type Amount = { readonly unit: "%"; readonly value: number } | { readonly unit: "bytes"; readonly value: number };

export interface Limits {
  /** Percent of one core; 0 is no limit. */
  readonly maxCpu: number;
  readonly minCpu: number | null;
  readonly maxMem: Amount;
  readonly minMem: Amount | null;
  /** Of the average of cpu and memory, in percent; 0 is no limit. */
  readonly health: number;
  /** How often in a row each limit may be exceeded. */
  readonly maxCount: number;
}

/** What a process uses at one look. */
export interface Usage {
  /** Percent of one core since the look before; null at the first look, which knows nothing of a rate. */
  readonly cpu: number | null;
  /** Percent of the machine's memory. */
  readonly mem: number;
  readonly bytes: number;
}

/** The limits by the names of Circus's statsd counters. */
export type Limit = "over_cpu" | "under_cpu" | "over_memory" | "under_memory" | "over_health";

/** In rising powers of 1024. */
const UNITS = "B K M G T P E Z Y";

/** Reads the options; Circus's defaults. @throws PluginOptionError */
export function readLimits(options: PluginOptions): Limits {
  return {
    maxCpu: options.number("max_cpu", 90, { min: 0 }),
    minCpu: options.text("min_cpu") === null ? null : options.number("min_cpu", 0, { min: 0 }),
    maxMem: amount(options, "max_mem") ?? { unit: "%", value: 90 },
    minMem: amount(options, "min_mem"),
    health: options.number("health_threshold", 75, { min: 0 }),
    maxCount: options.integer("max_count", 3, { min: 0 }),
  };
}

function amount(options: PluginOptions, key: string): Amount | null {
  const text = options.text(key);
  if (text === null) return null;
  const read = parseAmount(text);
  if (read !== null) return read;
  throw options.mistake(key, `expected a percentage such as 50, or a size such as 250M with one of the units ${UNITS}`);
}

/** @example `parseAmount("250M")` is 262144000 bytes, `parseAmount("50")` is 50 % */
export function parseAmount(text: string): Amount | null {
  const [, digits, unit = "%"] = /^(\d+(?:\.\d*)?|\.\d+)\s*(%|[bkmgtpezy])?$/i.exec(text.trim()) ?? [];
  if (digits === undefined) return null;
  const value = Number(digits);
  return unit === "%"
    ? { unit, value }
    : { unit: "bytes", value: Math.trunc(value * 1024 ** UNITS.split(" ").indexOf(unit.toUpperCase())) };
}

/** Those that a process is beyond. */
export function exceeded(usage: Usage, limits: Limits): readonly Limit[] {
  const { cpu, mem } = usage;
  const of = ({ unit }: Amount): number => (unit === "%" ? mem : usage.bytes);
  const { maxCpu, minCpu, maxMem, minMem, health } = limits;
  const found: readonly (readonly [Limit, boolean])[] = [
    ["over_cpu", cpu !== null && maxCpu > 0 && cpu > maxCpu],
    ["under_cpu", cpu !== null && minCpu !== null && cpu <= minCpu],
    ["over_memory", of(maxMem) > maxMem.value],
    ["under_memory", minMem !== null && of(minMem) < minMem.value],
    ["over_health", health > 0 && ((cpu ?? 0) + mem) / 2 > health],
  ];
  return found.filter(([, is]) => is).map(([limit]) => limit);
}
