/** Where the output of a watcher's processes is read by circusd, and how much of it is kept for `tail`. */
import { PASS_ON, TAIL_LINES, type StreamSpec, type WatcherSpec } from "./spec.js";

/** What circusd reads an output for: its stream, or to keep it where `tail_lines` asks for that; null where it does not read it. */
export function readStream(spec: WatcherSpec, name: "stdout" | "stderr"): StreamSpec | null {
  const configured = name === "stdout" ? spec.stdoutStream : spec.stderrStream;
  return configured ?? ((spec.tailLines ?? 0) > 0 ? PASS_ON : null);
}

/** How many last lines are kept of an output that is read. */
export function keptLines(spec: WatcherSpec): number {
  return spec.tailLines ?? TAIL_LINES;
}
