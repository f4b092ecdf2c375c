import assert from "node:assert/strict";
import test from "node:test";
import { makeFormatter, unknownFields, type LogRecord } from "../../../src/os/log/format.js";
import { DEFAULT_FORMAT, setupFor } from "../../../src/os/log/setup.js";

const TIME = new Date(2026, 2, 5, 14, 7, 9, 42);
const RECORD: LogRecord = { name: "circus", severity: 20, message: "Arbiter exiting", time: TIME, pid: 77 };

test("a line of the log has Circus's form", () => {
  assert.equal(makeFormatter(DEFAULT_FORMAT, "%Y-%m-%d %H:%M:%S")(RECORD), "2026-03-05 14:07:09 circus[77] [INFO] Arbiter exiting");
});

test("without a date format the time has milliseconds, as in Python", () => {
  assert.equal(makeFormatter("%(asctime)s", null)(RECORD), "2026-03-05 14:07:09,042");
});

test("a format honours widths, precisions, numbers and %%", () => {
  const cases: readonly [string, string][] = [
    ["%(levelname)-8s|", "INFO    |"],
    ["%(levelname)8s|", "    INFO|"],
    ["%(levelname).2s", "IN"],
    ["%(process)05d", "00077"],
    ["%(levelno)d", "20"],
    ["%(created).2f", (TIME.getTime() / 1000).toFixed(2)],
    ["100%% %(message)s", "100% Arbiter exiting"],
    ["%(threadName)s %(processName)s", "MainThread MainProcess"],
  ];
  for (const [format, expected] of cases) assert.equal(makeFormatter(format, null)(RECORD), expected, format);
});

test("a message with directives is not formatted again", () => {
  assert.equal(makeFormatter("%(message)s", null)({ ...RECORD, message: "$& %(name)s %%" }), "$& %(name)s %%");
});

test("a field without a meaning stays as written and is named", () => {
  assert.equal(makeFormatter("%(lineno)d %(message)s", null)(RECORD), "%(lineno)d Arbiter exiting");
  assert.deepEqual(unknownFields("%(lineno)d %% %(message)s %(toString)s"), ["lineno", "toString"]);
});

test("a level without a name is called as in Python", () => {
  assert.equal(makeFormatter("%(levelname)s", null)({ ...RECORD, severity: 15 }), "Level 15");
});

test("log outputs are read as Circus reads them", () => {
  const target = (output: string) => {
    const setup = setupFor("info", output);
    return setup.ok ? setup.value.handlers[0]?.target : setup.failure;
  };
  const file = (path: string) => ({ kind: "file", path, maxBytes: 0, backupCount: 0, truncate: false });
  assert.deepEqual(target("-"), { kind: "stream", fd: 2 });
  assert.deepEqual(target("stdout"), { kind: "stream", fd: 2 });
  assert.deepEqual(target("/var/log/circus.log"), file("/var/log/circus.log"));
  assert.deepEqual(target("relative.log"), file("relative.log"));
  assert.deepEqual(target("syslog:///dev/Log?local3"), { kind: "syslog", address: { path: "/dev/Log" }, facility: 19 });
  assert.deepEqual(target("syslog://"), { kind: "syslog", address: { path: "/dev/log" }, facility: 1 });
  assert.deepEqual(target("syslog://logs.lan"), { kind: "syslog", address: { host: "logs.lan", port: 514 }, facility: 1 });
  assert.deepEqual(target("syslog://logs.lan:601?daemon"), { kind: "syslog", address: { host: "logs.lan", port: 601 }, facility: 3 });
  assert.deepEqual(target("syslog://[::1]:601"), { kind: "syslog", address: { host: "::1", port: 601 }, facility: 1 });
  assert.deepEqual(target("syslog:///dev/log?nonsense"), { kind: "syslog", address: { path: "/dev/log" }, facility: 1 });
  assert.match(JSON.stringify(target("syslog://host:99999")), /port is not between/);
});

test("lines for syslog carry syslog's date form", () => {
  const setup = setupFor("debug", "syslog:///dev/log");
  assert.equal(setup.ok && setup.value.handlers[0]?.dateFormat, "%b %d %H:%M:%S");
  assert.equal(setup.ok && setup.value.level, 10);
});
