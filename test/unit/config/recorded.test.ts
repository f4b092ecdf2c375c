/** A configuration that Circus itself ran, and what its `options` command answered for each watcher. */
import test from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { formatDiagnostic } from "../../../src/config/diagnose.js";
import { mergeSections, parseIni } from "../../../src/config/ini.js";
import { readSections } from "../../../src/config/schema.js";
import { presentOptions } from "../../../src/core/options.js";
import type { Loaded } from "../../../src/core/spec.js";
import { repositoryPath } from "../../helpers/root.js";

const TEXT = readFileSync(repositoryPath("test", "fixtures", "config", "recorded.ini"), "utf8");
const CWD = "/srv/proto";

function load(text: string): Loaded {
  const world = { environment: { PATH: "/usr/local/bin:/usr/bin:/bin" }, sockets: [], resolvePath: (path: string) => path };
  return readSections(mergeSections(parseIni(text, "recorded.ini").sections), world);
}

test("the recorded configuration has no fault but Python's hooks and a decimal umask", () => {
  const { diagnostics, faulty } = load(TEXT);
  assert.deepEqual(faulty, { arbiter: false, cluster: false, watchers: ["hooked"], sockets: ["ux"], plugins: [] });
  const told = diagnostics.map(formatDiagnostic);
  assert.equal(told.filter((line) => line.includes("this is a Python name")).length, 11);
  assert.deepEqual(
    told.filter((line) => !line.includes("this is a Python name")),
    [
      'recorded.ini:92: error: Cannot use umask "18" in [socket:ux]: expected an octal mask such as 022; Circus read it as a decimal number, which is 022 in octal',
    ],
  );
});

test("the recorded configuration is sound once both are put right as the messages say", () => {
  const ported = TEXT.replaceAll("= hooks.", "= ./hooks.js:").replace("umask = 18", "umask = 022");
  const { diagnostics, config } = load(ported);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(
    config.watchers.map(({ name }) => name),
    ["My App", "hooked", "lazy", "once", "printer", "single", "sock", "stubborn", "web"],
  );
  assert.deepEqual(config.watchers.find(({ name }) => name === "hooked")?.hooks.extended_stats, {
    target: "./hooks.js:ext",
    ignoreFailure: true,
  });
});

/** What Circus answered, by watcher, without its slip of a `__name__` in options and environments. */
function recordedOptions(): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  const lines = readFileSync(repositoryPath("test", "fixtures", "transcript.jsonl"), "utf8")
    .trim()
    .split("\n");
  const answers = new Map<string, Readonly<Record<string, unknown>>>();
  for (const line of lines) {
    const exchange: unknown = JSON.parse(line);
    const request = frame(exchange, "request_frames");
    const options = object(object(frame(exchange, "reply_frames"))["options"]);
    if (object(request)["command"] !== "options" || !("cmd" in options)) continue;
    const { __name__: _section, ...rest } = options;
    const { __name__: _environment, ...env } = object(rest["env"]);
    answers.set(String(object(object(request)["properties"])["name"]), { ...rest, env });
  }
  return answers;
}

/** The first frame of a recorded message, or undefined where it is no JSON. */
function frame(exchange: unknown, key: string): unknown {
  const frames = object(exchange)[key];
  try {
    return Array.isArray(frames) ? JSON.parse(String(frames[0])) : undefined;
  } catch {
    return undefined;
  }
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

const RECORDED = recordedOptions();

for (const spec of load(TEXT).config.watchers.filter(({ name }) => RECORDED.has(name))) {
  test(`options of the recorded watcher "${spec.name}" are shown as Circus showed them`, () => {
    const { env: recordedEnv, ...recorded } = RECORDED.get(spec.name) ?? {};
    const { env, ...shown } = presentOptions(spec, CWD);
    assert.deepEqual(Object.fromEntries(Object.entries(shown).filter(([name]) => name in recorded)), recorded);
    // With copy_env Circus shows the daemon's whole environment, which is nobody's business here.
    if (!spec.copyEnv) assert.deepEqual(env, recordedEnv);
  });
}

test("the recorded answers cover several watchers", () => {
  assert.ok(RECORDED.size >= 5);
});
