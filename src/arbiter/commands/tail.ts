import { keptLines, readStream } from "../../core/kept-output.js";
import type { Cancel, Clock, KeptLine, OutputTail, TailPage, TailQuery } from "../../core/ports.js";
import type { WatcherSpec } from "../../core/spec.js";
import { CommandError, ERRNO, MAX_TAIL_WAIT, OUTPUT_STREAMS, type OutputStream, type TailLine } from "../../wire/contract.js";
import type { Control } from "../control.js";
import type { Handler } from "../controller.js";
import { done } from "./outcome.js";

/** How many lines are shown where nobody says how many. */
const LINES = 10;

/** Milliseconds in which what comes after a line is gathered, so that a worker that writes without a pause does not make its followers ask without one. */
const GATHER = 25;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

interface Wanted {
  readonly name: string;
  readonly query: TailQuery;
}

/** The last lines of a watcher's processes, or what came after a cursor; with `wait`, once there is something. */
export const tail: Handler<"tail"> = async (arbiter, { name, pid = null, stream = null, lines, after = null, wait = 0 }) => {
  const wanted = { name, query: { pid, stream, after, lines: lines ?? (after === null ? LINES : null) } };
  const page = wait === 0 ? find(arbiter, wanted).read(wanted.query) : await follow(arbiter, wanted, Math.min(wait, MAX_TAIL_WAIT));
  return done({ name, lines: page.lines.map(present), cursor: page.cursor, missed: page.missed });
};

/** Looks until there is something or the time is over; each look finds the watcher anew, for it may be gone or replaced meanwhile. */
async function follow(arbiter: Control, wanted: Wanted, wait: number): Promise<TailPage> {
  const { clock } = arbiter.parts;
  const due = clock.now() + wait * 1000;
  for (let gathered = false; ;) {
    const kept = find(arbiter, wanted);
    const page = kept.read(wanted.query);
    const left = due - clock.now();
    const isNews = page.lines.length > 0 || page.missed > 0;
    if (page.full || left <= 0 || (isNews && gathered)) return page;
    await gather({ kept, clock, limit: left }, isNews);
    gathered = true;
  }
}

/** @throws CommandError where there is no such watcher or process, or nothing of it is kept */
function find(arbiter: Control, { name, query: { pid, stream } }: Wanted): OutputTail {
  const { spec, outputs } = arbiter.watchers.get(name);
  const kept = outputs.tail;
  if (kept.closed) throw new CommandError(arbiter.refusal ?? `program ${name} not found`, ERRNO.conflict);
  const refusal = whyNotKept(spec, stream === null ? OUTPUT_STREAMS : [stream]);
  if (refusal !== null) throw new CommandError(`Cannot tail "${spec.name}": ${refusal}`);
  if (pid !== null && !kept.knows(pid)) throw new CommandError(`process ${pid} not found in '${spec.name}'`);
  return kept;
}

/** Null where any of the streams is kept. */
function whyNotKept(spec: WatcherSpec, streams: readonly OutputStream[]): string | null {
  if (keptLines(spec) === 0) return "tail_lines = 0 keeps nothing; set it to 200, say";
  const open = streams.filter((stream) => !(stream === "stdout" ? spec.closeChildStdout : spec.closeChildStderr));
  if (open.some((stream) => readStream(spec, stream) !== null)) return null;
  const [first] = open;
  if (first === undefined) return `it goes nowhere, as ${streams.map((stream) => `close_child_${stream}`).join(" and ")} says`;
  const place = "goes straight to circusd's own, under systemd to the journal (journalctl)";
  const remedy = `set tail_lines = 200 or ${first}_stream.class = StdoutStream`;
  return `its ${open.length === 1 ? first : "output"} ${place}; to keep its last lines ${remedy}`;
}

interface Wait {
  readonly kept: OutputTail;
  readonly clock: Clock;
  /** Milliseconds. */
  readonly limit: number;
}

/** Resolves a moment after the first news, at once when the tail is closed, at the latest at the limit. @throws CommandError where too many wait */
function gather({ kept, clock, limit }: Wait, begun: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let soon: Cancel | null = null;
    const settle = (): void => {
      stopWaiting?.();
      late();
      soon?.();
      resolve();
    };
    const late = clock.after(limit, settle);
    const onNews = (): void => {
      if (kept.closed) settle();
      else soon ??= clock.after(GATHER, settle);
    };
    const stopWaiting = kept.onNews(onNews);
    if (stopWaiting === null) {
      late();
      reject(new CommandError("too many clients wait for the output of this watcher; ask again later, or without 'wait'"));
    } else if (begun) onNews();
  });
}

function present({ pid, stream, time, bytes, cut }: KeptLine): TailLine {
  const line = { pid, stream, time, ...(cut ? { cut } : {}) };
  try {
    return { ...line, text: utf8.decode(bytes) };
  } catch {
    return { ...line, base64: Buffer.from(bytes).toString("base64") };
  }
}
