/** Signals by name and number, as Linux has them and as Circus accepts them. */
import type { Signal } from "./spec.js";

const NUMBERS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
  SIGRTMIN: 34,
  SIGRTMAX: 64,
} as const;

const ALIASES: Readonly<Record<string, keyof typeof NUMBERS>> = {
  SIGIOT: "SIGABRT",
  SIGCLD: "SIGCHLD",
  SIGPOLL: "SIGIO",
};

export const SIGKILL: Signal = { number: 9, name: "SIGKILL" };
export const SIGTERM: Signal = { number: 15, name: "SIGTERM" };
export const SIGINT: Signal = { number: 2, name: "SIGINT" };
export const SIGHUP: Signal = { number: 1, name: "SIGHUP" };

const LAST = 64;

/** The usual name of a number: 15 → `SIGTERM`, 35 → `SIGRTMIN+1`, unknown → `SIG99`. */
export function signalName(number: number): string {
  for (const [name, value] of Object.entries(NUMBERS)) if (value === number) return name;
  if (number > NUMBERS.SIGRTMIN && number < NUMBERS.SIGRTMAX) return `SIGRTMIN+${number - NUMBERS.SIGRTMIN}`;
  return `SIG${number}`;
}

/**
 * Reads a signal as Circus does: `TERM`, `sigterm`, `SIGRTMIN+1`, `15` or the number itself.
 * @returns null where it is none; 0 is none.
 */
export function parseSignal(value: string | number): Signal | null {
  if (typeof value === "number" || /^\s*\d+\s*$/.test(value)) {
    const number = Number(value);
    return Number.isInteger(number) && number >= 1 && number <= LAST ? { number, name: signalName(number) } : null;
  }
  const match = /^(?:SIG)?([A-Z0-9]+?)(?:([+-])(\d+))?$/.exec(value.trim().toUpperCase());
  if (!match) return null;
  const base = lookUp(`SIG${match[1] ?? ""}`);
  if (base === null) return null;
  if (match[3] === undefined) return { number: base, name: signalName(base) };
  if (base !== NUMBERS.SIGRTMIN && base !== NUMBERS.SIGRTMAX) return null;
  const number = base + (match[2] === "-" ? -1 : 1) * Number(match[3]);
  return number >= NUMBERS.SIGRTMIN && number <= NUMBERS.SIGRTMAX ? { number, name: signalName(number) } : null;
}

function lookUp(name: string): number | null {
  const known = ALIASES[name] ?? name;
  return Object.hasOwn(NUMBERS, known) ? NUMBERS[known as keyof typeof NUMBERS] : null;
}
