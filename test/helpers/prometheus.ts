/** Reads Prometheus' text format as strictly as promtool does, and tells what its linter would say. */
import assert from "node:assert/strict";

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  readonly samples: readonly Sample[];
  /** By name of the metric. */
  readonly types: ReadonlyMap<string, string>;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;
const BASE_UNITS = /_(seconds|bytes|total|ratio|info|up|active|processes)$|_(seconds|bytes)_total$|_up$/;

/** Fails on the first thing that is against the format or the conventions for names. */
export function readExposition(text: string): Exposition {
  assert.ok(text.endsWith("\n"), "the last line has no end");
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const comment = new RegExp(`^# (HELP|TYPE) (${NAME}) (.*)$`).exec(line);
    if (comment !== null) {
      const [, kind, name = "", rest = ""] = comment;
      if (kind === "HELP") {
        assert.ok(!helped.has(name) && rest !== "", `HELP of ${name}`);
        helped.add(name);
      } else {
        assert.ok(!types.has(name) && helped.has(name), `TYPE of ${name} comes twice or before its HELP`);
        assert.match(rest, /^(counter|gauge|histogram|summary|untyped)$/);
        assert.ok(!samples.some((sample) => sample.name === name), `TYPE of ${name} comes after a sample`);
        assert.equal(name.endsWith("_total"), rest === "counter", `${name} is a ${rest}`);
        assert.match(name, BASE_UNITS);
        types.set(name, rest);
      }
      continue;
    }
    const sample = readSample(line);
    assert.ok(types.has(sample.name), `${sample.name} has no TYPE`);
    assert.equal([...types.keys()].at(-1), sample.name, "samples of a metric stand together");
    const identity = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
    assert.ok(!seen.has(identity), `${line} is there twice`);
    seen.add(identity);
    samples.push(sample);
  }
  return { samples, types };
}

function readSample(line: string): Sample {
  const [, name = "", inner = "", value = ""] = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`, "s").exec(line) ?? [];
  assert.notEqual(name, "", `not a sample: ${line}`);
  assert.match(value, /^([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?Inf|NaN)$/i, line);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < inner.length) {
    const at = LABEL.lastIndex;
    const [, label, text] = LABEL.exec(inner) ?? [];
    assert.ok(label !== undefined && text !== undefined, `not a label at ${at}: ${line}`);
    assert.ok(!Object.hasOwn(labels, label) && !label.startsWith("__"), `label ${label} of ${line}`);
    labels[label] = text.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  return { name, labels, value: Number(value) };
}

/** The value of the one sample with these labels among its own. */
export function valueOf({ samples }: Exposition, name: string, labels: Readonly<Record<string, string>> = {}): number | null {
  const found = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
  );
  assert.ok(found.length < 2, `${name} is there ${found.length} times`);
  return found[0]?.value ?? null;
}
