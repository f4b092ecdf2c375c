/** Where the output of a supervisord program goes. */
import type { SectionDraft } from "./draft.js";
import { withoutExpression } from "./expansion.js";
import type { OptionsReader } from "./options-reader.js";
import { readBytes, readFlag } from "./supervisord-values.js";

type Stream = "stdout" | "stderr";

const OWN: Readonly<Record<Stream, RegExp>> = {
  stdout: /^(\/dev\/stdout|\/dev\/fd\/1|\/proc\/self\/fd\/1)$/,
  stderr: /^(\/dev\/stderr|\/dev\/fd\/2|\/proc\/self\/fd\/2)$/,
};

/** supervisord's own. */
const MAX_BYTES = "50MB";
const BACKUPS = "10";

export interface Numbering {
  /** Several processes share the watcher, and with it the file. */
  readonly shared: boolean;
  /** Expands what an option says, with the process's number where there is one. */
  readonly expand: (name: string, text: string) => string;
}

export function writeOutput(watcher: SectionDraft, reader: OptionsReader, { shared, expand }: Numbering): void {
  const write = (stream: Stream, from: Stream): void => {
    const raw = reader.raw(`${from}_logfile`) ?? "AUTO";
    const common = shared ? withoutExpression(raw, "process_num") : raw;
    const file = expand(`${from}_logfile`, common);
    const kind = file.toLowerCase();
    if (kind === "none" || kind === "off") watcher.set(`close_child_${stream}`, true);
    else if (kind === "auto") watchTail(watcher, from);
    else if (kind === "syslog" || readFlag(reader.take(`${from}_syslog`) ?? "") === true) noteSyslog(watcher, from);
    else if (OWN.stdout.test(file)) writeStandardOutput(watcher, stream);
    else if (OWN.stderr.test(file)) {
      if (stream === "stdout") watcher.note(`stdout_logfile = ${file}: standard output goes to circusd's own standard output instead`);
    } else {
      if (stream === from && common !== raw)
        watcher.note(
          `${from}_logfile = ${raw}: the processes share one file, in which lines stay whole; ${stream}_stream.time_format adds their pids`,
        );
      writeFile(watcher, stream, { file, from, reader });
    }
  };
  write("stdout", "stdout");
  write("stderr", readFlag(reader.take("redirect_stderr") ?? "") === true ? "stdout" : "stderr");
  for (const stream of ["stdout", "stderr"])
    for (const name of ["logfile", "logfile_maxbytes", "logfile_backups", "syslog"]) reader.raw(`${stream}_${name}`);
  noteEvents(watcher, reader);
}

function watchTail(watcher: SectionDraft, from: Stream): void {
  if (watcher.has("tail_lines")) return;
  watcher.note(
    `${from}_logfile = AUTO: output goes where circusd's own goes, under systemd to the journal; "circusctl tail" shows the last lines. For a file set ${from}_stream.filename`,
  );
  watcher.set("tail_lines", 200);
}

function noteSyslog(watcher: SectionDraft, from: Stream): void {
  watcher.note(`${from}_syslog: output goes where circusd's own goes, which systemd puts into the journal, and from there to syslog`);
}

/** Standard output needs nothing: not set, it goes there. */
function writeStandardOutput(watcher: SectionDraft, stream: Stream): void {
  if (stream === "stderr") watcher.set("stderr_stream.class", "StdoutStream");
}

interface LogFile {
  readonly file: string;
  readonly from: Stream;
  readonly reader: OptionsReader;
}

function writeFile(watcher: SectionDraft, stream: Stream, { file, from, reader }: LogFile): void {
  watcher.set(`${stream}_stream.class`, "FileStream");
  watcher.set(`${stream}_stream.filename`, file);
  const size = reader.take(`${from}_logfile_maxbytes`) ?? MAX_BYTES;
  const bytes = readBytes(size);
  if (bytes === null) watcher.note(`${from}_logfile_maxbytes = ${size}: not a size such as 50MB; the file grows without limit`);
  else if (bytes > 0) watcher.set(`${stream}_stream.max_bytes`, bytes);
  const backups = reader.take(`${from}_logfile_backups`) ?? BACKUPS;
  if (!/^\d+$/.test(backups)) watcher.note(`${from}_logfile_backups = ${backups}: not a number`);
  else if (bytes !== 0 && Number(backups) > 0) watcher.set(`${stream}_stream.backup_count`, Number(backups));
}

/** What turns output into supervisord's events. */
function noteEvents(watcher: SectionDraft, reader: OptionsReader): void {
  for (const stream of ["stdout", "stderr"]) {
    const capture = reader.take(`${stream}_capture_maxbytes`);
    const events = reader.take(`${stream}_events_enabled`);
    if ((capture !== null && readBytes(capture) !== 0) || readFlag(events ?? "") === true)
      watcher.note(
        `${stream}_capture_maxbytes, ${stream}_events_enabled: output makes no events here; a stream class of yours can read it (docs/streams.md)`,
      );
  }
}
