/** Where the output of a PM2 app goes. */
import type { SectionDraft } from "./draft.js";
import type { AppReader } from "./pm2-reader.js";
import { shown, textOf, timeFormat } from "./pm2-values.js";

type Stream = "stdout" | "stderr";

const NOWHERE = /^(NULL|\/dev\/null)$/;

/** What `time: true` stands for. */
const ISO = "YYYY-MM-DDTHH:mm:ss";

interface Output {
  readonly processes: number;
  readonly resolve: (path: string) => string;
}

export function writeOutput(watcher: SectionDraft, reader: AppReader, { processes, resolve }: Output): void {
  const both = reader.take("log_file", "log");
  const disabled = reader.take("disable_logs") === true;
  const out = reader.take("out_file", "out", "output", "out_log");
  const err = reader.take("error_file", "error", "err", "err_file", "err_log");
  const stamp = readStamp(watcher, reader);
  const combined = typeof both === "string" && !NOWHERE.test(both) ? both : null;
  const files: Readonly<Record<Stream, string | null>> = {
    stdout: disabled ? "/dev/null" : (textOf(out) ?? combined),
    stderr: disabled ? "/dev/null" : (textOf(err) ?? combined),
  };
  for (const stream of ["stdout", "stderr"] as const) {
    const file = files[stream];
    if (file === null) writeDefault(watcher, stream, stamp);
    else if (NOWHERE.test(file)) watcher.set(`close_child_${stream}`, true);
    else {
      watcher.set(`${stream}_stream.class`, "FileStream");
      watcher.set(`${stream}_stream.filename`, resolve(file));
      if (stamp !== null) watcher.set(`${stream}_stream.time_format`, stamp);
    }
  }
  if (combined !== null && (out !== null || err !== null))
    watcher.note(`log_file = ${combined}: a stream goes to one file; leave out_file and error_file out to have both in this one`);
  if (both === true) watcher.note("log_file = true: a stream goes to one file; give both streams the same filename");
  const merged = reader.take("merge_logs", "combine_logs");
  if (processes > 1 && merged !== true && (files.stdout ?? files.stderr) !== null)
    watcher.note("merge_logs: the processes share one file, in which lines stay whole; time_format adds their pids");
  const type = reader.take("log_type");
  if (type !== null)
    watcher.note(
      `log_type = ${shown(type)}: lines are written as they came; a stream class of yours can make JSON of them (docs/streams.md)`,
    );
}

function writeDefault(watcher: SectionDraft, stream: Stream, stamp: string | null): void {
  if (stamp !== null) {
    watcher.set(`${stream}_stream.class`, "FancyStdoutStream");
    watcher.set(`${stream}_stream.time_format`, stamp);
    return;
  }
  if (watcher.has("tail_lines")) return;
  watcher.note(
    `${stream === "stdout" ? "out_file" : "error_file"}: without one pm2 writes to ~/.pm2/logs; here output goes where circusd's own goes, and "circusctl tail" shows the last lines`,
  );
  watcher.set("tail_lines", 200);
}

/** The format of time stamps; null where none are wanted. */
function readStamp(watcher: SectionDraft, reader: AppReader): string | null {
  const iso = reader.take("time") === true;
  const given = reader.take("log_date_format");
  const wanted = iso ? ISO : typeof given === "string" && given !== "" ? given : null;
  if (wanted === null) return null;
  const { format, inexact } = timeFormat(wanted);
  if (inexact.length > 0) watcher.note(`log_date_format = ${wanted}: not the same in strftime(3): ${inexact.join(", ")}`);
  return format;
}
