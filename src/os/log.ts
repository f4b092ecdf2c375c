/** The daemon's own log: levels and handlers made of a setup. Workers' output has its own way, through streams. */
import type { Log } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";
import { fileSink } from "./log/file-sink.js";
import { makeFormatter, type LogRecord } from "./log/format.js";
import { SEVERITY, type LogHandlerSpec, type LogSetup, type LogTarget } from "./log/setup.js";
import type { Sink } from "./log/sink.js";
import { streamSink } from "./log/stream-sink.js";
import { syslogSink } from "./log/syslog-sink.js";

export interface SystemLog extends Log {
  /** Opens log files anew at their paths, for an external logrotate. */
  reopen(): void;
  /** Writes what still waits, within a second, and closes every target. */
  close(): Promise<void>;
}

interface Handler {
  readonly sink: Sink;
  readonly threshold: number;
  readonly format: (record: LogRecord) => string;
}

/** Circus has one logger for everything in its daemon. */
const NAME = "circus";

/**
 * Opens every target of the setup; fails with a message when one cannot be opened. Once open, the log never throws.
 * @param name how the lines say who speaks
 * @example `const log = openLog(setup); if (log.ok) log.value.info("Arbiter now waiting for commands")`
 */
export function openLog(setup: LogSetup, name = NAME): Result<SystemLog, string> {
  const handlers: Handler[] = [];
  for (const spec of setup.handlers) {
    const sink = openTarget(spec.target);
    if (!sink.ok) return fail(sink.failure);
    handlers.push(makeHandler(spec, sink.value));
  }
  return succeed(makeLog({ level: setup.level, handlers, name }));
}

function makeHandler(spec: LogHandlerSpec, sink: Sink): Handler {
  return { sink, threshold: spec.threshold, format: makeFormatter(spec.format, spec.dateFormat) };
}

function openTarget(target: LogTarget): Result<Sink, string> {
  switch (target.kind) {
    case "stream":
      return succeed(streamSink(target.fd));
    case "file":
      return fileSink(target);
    case "syslog":
      return syslogSink(target.address, target.facility);
  }
}

interface Logger {
  readonly level: number;
  readonly handlers: readonly Handler[];
  readonly name: string;
}

function makeLog({ level, handlers, name }: Logger): SystemLog {
  function write(severity: number, message: string): void {
    if (severity < level) return;
    const record: LogRecord = { name, severity, message, time: new Date(), pid: process.pid };
    for (const handler of handlers) {
      if (severity >= handler.threshold) handler.sink.write(handler.format(record), severity);
    }
  }
  return {
    debug: (message) => write(SEVERITY.debug, message),
    info: (message) => write(SEVERITY.info, message),
    warning: (message) => write(SEVERITY.warning, message),
    error: (message) => write(SEVERITY.error, message),
    critical: (message) => write(SEVERITY.critical, message),
    reopen: () => {
      for (const handler of handlers) handler.sink.reopen();
    },
    close: async () => {
      await Promise.all(handlers.map((handler) => handler.sink.close()));
    },
  };
}
