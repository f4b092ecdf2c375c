/** All plugins together for ten minutes, while workers die, are killed, reloaded and replaced without pause. */
import { existsSync, readFileSync } from "node:fs";
import { descriptorsOf } from "../../test/helpers/facts.js";
import { tempDir } from "../../test/helpers/temp.js";
import { isObject } from "../../src/wire/codec.js";
import { memory } from "../machine.js";
import { Figures } from "../program.js";
import { largest, median, pause, until } from "../samples.js";
import { configuration, COUNTED, TOUCHED, writePrograms } from "../soak/configuration.js";
import { Heard } from "../soak/heard.js";
import { mischief } from "../soak/mischief.js";
import { openPartners, type Partners } from "../soak/partners.js";
import { Subject } from "../subject.js";
import type { Line } from "../table.js";

const SECONDS = Number(process.env["BENCH_SOAK_SECONDS"] ?? 600);
/** Seconds at the beginning, in the middle and at the end whose figures are compared. */
const WINDOW = Math.min(60, SECONDS / 3);
/** Seconds between two looks. */
const LOOK = 2;
/** Milliseconds in which everybody has loaded what it needs. */
const WARM_UP = 15_000;

/** Descriptors of circusd, and MiB of it and of its helpers by name. */
interface Look {
  readonly descriptors: number;
  readonly memory: ReadonlyMap<string, number>;
}

export async function soak(): Promise<readonly Line[]> {
  await using dir = await tempDir();
  await using partners = await openPartners();
  await writePrograms(dir);
  await using subject = await Subject.start(await configuration(dir, partners), { statsd: true });
  const heard = new Heard(COUNTED);
  using _events = await subject.follow((event) => heard.take(event));
  await pause(WARM_UP);
  const before = await helpersOf(subject);
  await mark(subject, "begin");
  await until(() => heard.began, "the first mark");
  for (const name of COUNTED) await subject.client.call("start", { name });
  const stop = new AbortController();
  const done = mischief(subject, dir, stop.signal);
  const looks = await watch(subject.pid, before);
  stop.abort();
  await done;
  for (const name of COUNTED) await subject.client.call("stop", { name, waiting: true });
  await mark(subject, "end");
  await until(() => heard.ended && existsSync(dir.join("counted")), "the last mark");
  const notices = heard.sum(COUNTED, /\.(spawn|reap)$/);
  const counted = heard.sum(COUNTED);
  await until(() => partners.notices() >= notices && partners.counted() >= counted, "what is under way").catch(() => undefined);
  const after = await helpersOf(subject);
  return [
    ...growth(looks),
    ...completeness(heard, partners, readCounted(dir.join("counted"))),
    { what: "plugins that are not the process of the beginning", unit: "", ours: differences(before, after), target: { atMost: 0 } },
    { what: "errors in the log", unit: "", ours: errorsIn(dir.join("circus.log")), target: { atMost: 0 } },
  ];
}

/** The pid of each plugin and of circusd-stats, by name. */
async function helpersOf(subject: Subject): Promise<ReadonlyMap<string, number>> {
  const reply = await subject.client.call("list", {});
  const names = ("watchers" in reply ? reply.watchers : []).filter((name) => /^(plugin:|circusd-stats$)/.test(name));
  const found = new Map<string, number>();
  for (const name of names) found.set(name, (await subject.pids(name))[0] ?? 0);
  return found;
}

/** A watcher that comes and goes is an event at a known place for everybody. */
async function mark(subject: Subject, name: string): Promise<void> {
  await subject.client.call("add", { name, cmd: "true" });
  await subject.client.call("rm", { name, waiting: true });
}

/** Looks again and again, for as long as it takes. */
async function watch(circusd: number, helpers: ReadonlyMap<string, number>): Promise<readonly Look[]> {
  const looks: Look[] = [];
  for (let second = 0; second < SECONDS; second += LOOK) {
    await pause(LOOK * 1000);
    const sizes = [["circusd", circusd] as const, ...helpers].map(([name, pid]) => [name, residentOf(pid)] as const);
    looks.push({ descriptors: descriptorsOf(circusd), memory: new Map(sizes) });
  }
  return looks;
}

/** NaN of one that has ended, which shows in the table. */
function residentOf(pid: number): number {
  try {
    return memory(pid).rss;
  } catch {
    return Number.NaN;
  }
}

/**
 * V8 gives young objects more room while much is made and thrown away, and collects what is old when it likes: what is
 * lowest in a minute is nearest to what is really held, and what grows from the middle on would be a leak.
 */
function growth(looks: readonly Look[]): readonly Line[] {
  const length = WINDOW / LOOK;
  const middle = Math.floor((looks.length - length) / 2);
  const parts = [looks.slice(0, length), looks.slice(middle, middle + length), looks.slice(-length)] as const;
  const names = [...(looks[0]?.memory.keys() ?? [])];
  const sizes = names.map((name) => {
    const [floor, half, ours] = parts.map((part) => Math.min(...part.map((look) => look.memory.get(name) ?? Number.NaN)));
    return { name, floor: floor ?? Number.NaN, half: half ?? Number.NaN, ours: ours ?? Number.NaN };
  });
  const [early = 0, , late = 0] = parts.map((part) => median(part.map(({ descriptors }) => descriptors)));
  return [
    ...sizes.map(({ name, floor, ours }) => ({ what: `memory of ${name}; floor: at the beginning`, unit: "MiB", ours, floor })),
    {
      what: "the most that one of them has grown since the middle",
      unit: "%",
      ours: largest(sizes.map(({ half, ours }) => 100 * (ours / half - 1))),
      target: { atMost: 10 },
    },
    { what: "descriptors of circusd; floor: at the beginning", unit: "", ours: late, floor: early, target: { atMostTimesFloor: 1.1 } },
  ];
}

interface Counted {
  readonly count: number;
  readonly hash: string;
}

function completeness(heard: Heard, partners: Partners, counted: Counted): readonly Line[] {
  const none = { unit: "", target: { atMost: 0 } };
  const untouched = TOUCHED.filter((name) => heard.sum([name], /\.reap$/) === 0);
  return [
    { what: "workers that ended", unit: "", ours: heard.sum([...COUNTED, ...TOUCHED], /\.reap$/) },
    { ...none, what: "watchers that their plugin left alone", ours: untouched.length },
    { what: "events that a subscriber heard", unit: "", ours: heard.count },
    { what: "… that a plugin heard; floor: the subscriber", unit: "", ours: counted.count, floor: heard.count },
    { ...none, what: "… in another order, or another one", ours: counted.hash === heard.digest() ? 0 : 1 },
    { ...none, what: "processes of which only birth or death was told", ours: heard.halfTold },
    { ...none, what: "events of workers that a statsd missed", ours: Math.abs(heard.sum(COUNTED) - partners.counted()) },
    { ...none, what: "notices that a webhook missed", ours: Math.abs(heard.sum(COUNTED, /\.(spawn|reap)$/) - partners.notices()) },
  ];
}

function readCounted(file: string): Counted {
  const found: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!isObject(found)) throw new Error(`Cannot read "${file}": it is no object`);
  return { count: new Figures(found).number("count"), hash: String(found["hash"]) };
}

function differences(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): number {
  return [...before].filter(([name, pid]) => after.get(name) !== pid).length;
}

/** Shows the first of them: a figure alone would be of no help. */
function errorsIn(file: string): number {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => /\[(ERROR|CRITICAL)\]/.test(line));
  for (const line of lines.slice(0, 10)) console.error(line);
  return lines.length;
}
