import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { loadSetup, setupOf } from "../../../src/os/log/load-setup.js";
import { readLiteral } from "../../../src/os/log/python-literal.js";

async function loaded(name: string, text: string) {
  const folder = mkdtempSync(join(tmpdir(), "circusd-logconfig-"));
  try {
    const file = join(folder, name);
    writeFileSync(file, text);
    const result = await loadSetup(file);
    assert.ok(result.ok, result.ok ? "" : result.failure);
    return { setup: result.value.setup, warnings: result.value.warnings.map((line) => line.replace(/^.*?": /, "")) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const INI = `
[loggers]
keys=root,circus
[handlers]
keys=console,file,sys
[formatters]
keys=plain
[logger_root]
level=WARNING
handlers=console
[logger_circus]
level=DEBUG
handlers=file, sys
propagate=1
qualname=circus
[handler_console]
class=StreamHandler
level=NOTSET
formatter=plain
args=(sys.stdout,)
[handler_file]
class=handlers.RotatingFileHandler
level=ERROR
formatter=plain
args=('/var/log/a;b #c.log', 'a', 1024,
    3)
[handler_sys]
class=logging.handlers.SysLogHandler
kwargs={'address': '/dev/log', 'facility': handlers.SysLogHandler.LOG_LOCAL1}
[formatter_plain]
format=%(asctime)s ; %(message)s # end
datefmt: %H:%M:%S
`;

test("an .ini configuration gives level, handlers and formatters", async () => {
  const { setup, warnings } = await loaded("log.ini", INI);
  const format = { format: "%(asctime)s ; %(message)s # end", dateFormat: "%H:%M:%S" };
  assert.deepEqual(setup, {
    level: 10,
    handlers: [
      { target: { kind: "file", path: "/var/log/a;b #c.log", maxBytes: 1024, backupCount: 3, truncate: false }, threshold: 40, ...format },
      { target: { kind: "syslog", address: { path: "/dev/log" }, facility: 17 }, threshold: 0, format: "%(message)s", dateFormat: null },
      { target: { kind: "stream", fd: 1 }, threshold: 0, ...format },
    ],
  });
  assert.deepEqual(warnings, []);
});

const DICT = {
  version: 1,
  formatters: { short: { format: "%(levelname)s %(message)s" } },
  handlers: {
    out: { class: "logging.StreamHandler", stream: "ext://sys.stderr", formatter: "short" },
    file: { class: "logging.handlers.WatchedFileHandler", filename: "x.log", mode: "w", level: "WARNING" },
  },
  root: { level: "INFO", handlers: ["out", "file"] },
};

test("a .json and a .yaml configuration say the same", async () => {
  const json = await loaded("log.json", JSON.stringify(DICT));
  assert.deepEqual(json.setup, {
    level: 20,
    handlers: [
      { target: { kind: "stream", fd: 2 }, threshold: 0, format: "%(levelname)s %(message)s", dateFormat: null },
      {
        target: { kind: "file", path: "x.log", maxBytes: 0, backupCount: 0, truncate: true },
        threshold: 30,
        format: "%(message)s",
        dateFormat: null,
      },
    ],
  });
  const yaml = await loaded(
    "log.yaml",
    [
      "version: 1",
      "formatters: {short: {format: '%(levelname)s %(message)s'}}",
      "handlers:",
      "  out: {class: logging.StreamHandler, stream: 'ext://sys.stderr', formatter: short}",
      "  file: {class: logging.handlers.WatchedFileHandler, filename: x.log, mode: w, level: WARNING}",
      "root: {level: INFO, handlers: [out, file]}",
    ].join("\n"),
  );
  assert.deepEqual(yaml, json);
});

test("what is not understood is named and does no harm", async () => {
  const { setup, warnings } = await loaded(
    "log.json",
    JSON.stringify({
      filters: { f: {} },
      formatters: { odd: { format: "{message}", style: "{" }, far: { format: "%(lineno)d" } },
      handlers: {
        mail: { class: "logging.handlers.SMTPHandler" },
        out: { class: "logging.StreamHandler", formatter: "odd", filters: ["f"], level: "LOUD" },
        err: { class: "logging.StreamHandler", formatter: "far" },
      },
      loggers: { circus: { handlers: ["mail", "out", "err", "lost"], propagate: false }, tornado: {} },
    }),
  );
  assert.equal(setup.handlers.length, 2);
  assert.equal(setup.level, 30);
  for (const part of ['"filters"', "SMTPHandler", 'style "{"', "%(lineno)", '"LOUD"', '"lost"', '"tornado"', 'handler "out": "filters"'])
    assert.ok(
      warnings.some((line) => line.includes(part)),
      `${part} in ${warnings.join("; ")}`,
    );
});

test("a configuration without a usable handler logs to standard error and says so", async () => {
  const { setup, warnings } = await loaded("log.json", '{"root": {"level": "ERROR"}}');
  assert.deepEqual(
    setup.handlers.map((handler) => handler.target),
    [{ kind: "stream", fd: 2 }],
  );
  assert.equal(setup.level, 40);
  assert.match(warnings.join(), /no handler is left/);
});

test("a NullHandler alone is silence, without a warning", async () => {
  const dict = { handlers: { none: { class: "logging.NullHandler" } }, root: { handlers: ["none"] } };
  assert.deepEqual(await loaded("log.json", JSON.stringify(dict)), { setup: { level: 30, handlers: [] }, warnings: [] });
});

test("a configuration that cannot be read fails and names its file", async () => {
  for (const [file, part] of [
    ["/nonexistent/log.ini", "ENOENT"],
    ["/etc/hostname", ".ini, .json or .yaml"],
  ] as const) {
    const result = await loadSetup(file);
    assert.ok(!result.ok && result.failure.includes(file) && result.failure.includes(part), result.ok ? "ok" : result.failure);
  }
});

test('the logger configuration "default" stands for none', async () => {
  const result = await setupOf({ loglevel: "error", logoutput: "-", loggerconfig: " Default " });
  assert.equal(result.ok && result.value.setup.level, 40);
});

test("readLiteral() reads Python's tuples, lists, dicts, names and constants, and evaluates nothing", () => {
  const cases: readonly [string, unknown][] = [
    ["()", []],
    ["(sys.stderr,)", ["ext://sys.stderr"]],
    ["('a')", "a"],
    [`("it's", 'a\\'b', r'c')`, ["it's", "a'b", "c"]],
    ["(('localhost', 514), 3)", [["localhost", 514], 3]],
    ["[True, False, None, -1.5]", [true, false, null, -1.5]],
    ["{'a': 1, 'b': {'c': []},}", { a: 1, b: { c: [] } }],
  ];
  for (const [text, expected] of cases) {
    const read = readLiteral(text);
    assert.deepEqual(read.ok ? read.value : read.failure, expected, text);
  }
  for (const text of ["", "(", "(1", "(1 2)", "open('x')", "{1: 2}", "1 + 1"]) assert.equal(readLiteral(text).ok, false, text);
});
