/** Where finished lines go. A sink never throws and never blocks for long: a log must not take down what it tells about. */
export interface Sink {
  /** `line` has no line end; `severity` is for targets that carry it beside the text. */
  write(line: string, severity: number): void;
  /** Opens its file anew, for an external logrotate. */
  reopen(): void;
  /** Waits a moment for what could not be written yet. */
  close(): Promise<void>;
}
