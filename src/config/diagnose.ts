/** What is wrong with a configuration, gathered while it is read, and how it is told. */
import type { Diagnostic, Place } from "../core/spec.js";

/** Faults and doubts about one part of a configuration. */
export class Findings {
  readonly #list: Diagnostic[];

  constructor(known: readonly Diagnostic[] = []) {
    this.#list = [...known];
  }

  error(message: string, place: Place | null): void {
    this.#list.push({ severity: "error", message, place });
  }

  warning(message: string, place: Place | null): void {
    this.#list.push({ severity: "warning", message, place });
  }

  include(known: readonly Diagnostic[]): void {
    this.#list.push(...known);
  }

  get list(): readonly Diagnostic[] {
    return this.#list;
  }

  /** True when there is any error: the part cannot be used. */
  get failed(): boolean {
    return this.#list.some(({ severity }) => severity === "error");
  }
}

/**
 * One line for people and editors.
 * @example `formatDiagnostic(fault) === 'circus.ini:7: error: Cannot use numprocesses "x" in [watcher:web]: expected …'`
 */
export function formatDiagnostic({ severity, message, place }: Diagnostic): string {
  return `${place === null ? "" : `${place.file}:${place.line}: `}${severity}: ${message}`;
}

/** In the order of the files given and of their lines; what has no place comes first. */
export function inOrder(diagnostics: readonly Diagnostic[], files: readonly string[]): readonly Diagnostic[] {
  const rank = ({ place }: Diagnostic): readonly [number, number] => (place === null ? [-1, 0] : [files.indexOf(place.file), place.line]);
  return diagnostics.toSorted((one, other) => {
    const [file, line] = rank(one);
    const [otherFile, otherLine] = rank(other);
    return file - otherFile || line - otherLine;
  });
}

/** ` (did you mean "cmd"?)`, or nothing where no name is near. */
export function suggestion(near: string | null): string {
  return near === null ? "" : ` (did you mean "${near}"?)`;
}
