/** How far somebody has read in a tail: all of it stands in a text that he keeps, so that the daemon remembers nobody. */
import type { OutputStreamName, Pid } from "../../../core/ports.js";

export interface Cursor {
  /** Everything that was finished up to here is done with. */
  readonly position: number;
  /** Bytes that are accounted for among those asked for: they were given out, missed, or not wanted. */
  readonly counted: number;
  readonly pid: Pid | null;
  readonly stream: OutputStreamName | null;
}

/** @param life names the tail that the positions belong to */
export function formatCursor({ position, counted, pid, stream }: Cursor, life: string): string {
  return [life, position, counted, pid ?? "", stream ?? ""].join(".");
}

/** Null where it is no cursor of that tail. */
export function parseCursor(text: string, life: string): Cursor | null {
  const [, written, position, counted, pid, stream] = /^(\w+)\.(\d{1,15})\.(\d{1,15})\.(\d{0,15})\.(stdout|stderr|)$/.exec(text) ?? [];
  if (written !== life) return null;
  return {
    position: Number(position),
    counted: Number(counted),
    pid: pid ? Number(pid) : null,
    stream: stream === "stdout" || stream === "stderr" ? stream : null,
  };
}

export function isSameSelection(one: Pick<Cursor, "pid" | "stream">, other: Pick<Cursor, "pid" | "stream">): boolean {
  return one.pid === other.pid && one.stream === other.stream;
}
