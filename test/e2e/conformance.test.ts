/**
 * Traffic recorded from Circus 0.19, replayed against circusd with the same configuration: the same answers and
 * the same events, but for the deliberate differences, which are all in one list.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test, { type TestContext } from "node:test";
import { Dealer, Request } from "zeromq";
import { differences } from "../fixtures/differences.js";
import { type Daemon } from "../helpers/daemon.js";
import { BEFORE, isHelper, PATIENCE, startRecorded, withoutHelpers, type Fit } from "../helpers/recorded-daemon.js";
import { repositoryPath } from "../helpers/root.js";
import { compare, isJson, loadTranscript, mapTexts, requestIn, withLivePids, type Exchange, type Pids } from "../helpers/transcript.js";

interface Replay {
  readonly dealer: Dealer;
  readonly daemon: Daemon;
  readonly fit: Fit;
  readonly pids: Pids;
  /** Ids of differences that showed. */
  readonly shown: Set<string>;
}

/** What of one exchange is not as it should be. */
async function replay(exchange: Exchange, run: Replay): Promise<readonly string[]> {
  await BEFORE[exchange.name]?.(run.daemon);
  const frames = withLivePids(
    exchange.frames.map((frame) => fitFrame(frame, run.fit)),
    run.pids,
  );
  const expected = expectation(exchange, run.fit);
  if (expected === null) return staysSilent(exchange, frames, run.dealer);
  const answer = exchange.socket === "REQ" ? await askOnce(run.daemon.endpoint, frames) : await ask(run.dealer, frames);
  const problems = answer.length === frames.length ? [] : [`${answer.length} frames`];
  for (const { what, circus, here } of compare(expected, atRest(JSON.parse(String(answer.at(-1)))), run.pids)) {
    const difference = differences.find(
      ({ deviations = [], within = [exchange.name] }) => deviations.includes(what) && within.includes(exchange.name),
    );
    if (difference === undefined) problems.push(`${what}: ${JSON.stringify(circus)} is ${JSON.stringify(here)} here`);
    else run.shown.add(difference.id);
  }
  return [...problems, ...(await followUp(exchange, run))].map((problem) => `${exchange.name}: ${problem}`);
}

/** A reply as if circusd-stats were not just starting a program of its own, as it may for a moment. */
function atRest(reply: unknown): unknown {
  const infos = isJson(reply) ? reply["infos"] : null;
  const figures = isJson(infos) ? infos["circusd-stats"] : null;
  for (const figure of isJson(figures) ? Object.values(figures) : []) if (isJson(figure)) Reflect.set(figure, "children", []);
  return reply;
}

/** The recorded reply without Circus's helpers, or what a difference puts in its place. */
function expectation({ name, frames, reply }: Exchange, fit: Fit): unknown {
  const id = requestIn(frames)?.["id"] ?? null;
  for (const { refused = {}, accepted = {} } of differences) {
    const refusal = refused[name];
    if (refusal !== undefined) return { status: "error", reason: refusal[1], tb: null, time: 0, errno: refusal[0], id };
    const keys = accepted[name];
    if (keys !== undefined) return { status: "ok", time: 0, ...keys, id };
  }
  return mapTexts(withoutHelpers(reply), fit);
}

/** The next request is answered, and nothing before it. */
async function staysSilent({ name }: Exchange, frames: readonly Buffer[], dealer: Dealer): Promise<readonly string[]> {
  await dealer.send([...frames]);
  const next = await ask(dealer, [Buffer.from('{"command": "numwatchers", "id": "the next"}')]);
  return requestIn(next)?.["id"] === "the next" ? [] : [`${name}: answered ${String(next.at(-1))}`];
}

/** Brings circusd to the state that Circus was in, where a difference has led away from it. */
async function followUp({ name }: Exchange, { dealer, shown }: Replay): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { id, refused = {}, accepted = {}, after = {} } of differences) {
    if (name in refused || name in accepted) shown.add(id);
    for (const { command, properties } of after[name] ?? []) {
      const request = JSON.stringify({ command, properties: { ...properties, waiting: true } });
      const reply = requestIn(await ask(dealer, [Buffer.from(request)]));
      if (reply?.["status"] !== "ok") problems.push(`afterwards ${command} is answered ${JSON.stringify(reply)}`);
    }
  }
  return problems;
}

function fitFrame(frame: Buffer, fit: Fit): Buffer {
  const request = requestIn([frame]);
  const fitted = mapTexts(request, fit);
  // A frame that need not change goes out byte for byte.
  return JSON.stringify(fitted) === JSON.stringify(request) ? frame : Buffer.from(JSON.stringify(fitted));
}

async function ask(dealer: Dealer, frames: readonly Buffer[]): Promise<readonly Buffer[]> {
  await dealer.send([...frames]);
  return dealer.receive();
}

async function askOnce(endpoint: string, frames: readonly Buffer[]): Promise<readonly Buffer[]> {
  const request = new Request({ receiveTimeout: PATIENCE, linger: 0 });
  try {
    request.connect(endpoint);
    await request.send([...frames]);
    return await request.receive();
  } finally {
    request.close();
  }
}

/** Topics that Circus published during the recording, each with the keys of its payload. */
function recordedTopics(): ReadonlyMap<string, unknown> {
  const topics: unknown = JSON.parse(readFileSync(repositoryPath("test", "fixtures", "topics.json"), "utf8"));
  assert.ok(isJson(topics));
  return new Map(Object.entries(topics).filter(([topic]) => !isHelper(topic.split(".")[1])));
}

/** Each worker that has come has also gone, told as events; Circus tells no end of workers that were replaced. */
async function reapsAll(daemon: Daemon, watcher: string): Promise<void> {
  const [spawns, reaps] = [`watcher.${watcher}.spawn`, `watcher.${watcher}.reap`];
  // One worker is older than the subscription.
  await daemon.until(() => daemon.count(reaps) >= daemon.count(spawns), `as many ${reaps} as ${spawns}`);
}

async function replayAll(
  t: TestContext,
  { daemon, fit }: { readonly daemon: Daemon; readonly fit: Fit },
): Promise<Replay & { readonly problems: readonly string[] }> {
  const dealer = new Dealer({ receiveTimeout: PATIENCE, linger: 0 });
  t.after(() => {
    dealer.close();
  });
  dealer.connect(daemon.endpoint);
  const run = { dealer, daemon, fit, pids: new Map(), shown: new Set<string>() };
  const problems: string[] = [];
  const exchanges = loadTranscript();
  const unknown = Object.keys(BEFORE).filter((name) => !exchanges.some((exchange) => exchange.name === name));
  assert.deepEqual(unknown, [], "exchanges that are not in the recording");
  for (const exchange of exchanges) {
    const properties = requestIn(exchange.frames)?.["properties"];
    if (isJson(properties) && isHelper(properties["name"])) continue;
    problems.push(...(await replay(exchange, run)));
  }
  return { ...run, problems };
}

test("circusd answers and tells what Circus was recorded to, but for the deliberate differences", async (t) => {
  const { daemon, fit } = await startRecorded(t);
  const { problems, shown } = await replayAll(t, { daemon, fit });
  assert.equal(await daemon.exit(), 0);
  // The subscription was tried with a watcher of its own.
  const events = daemon.events.filter(({ watcher }) => watcher !== "probe");

  await t.test("every reply is as recorded or as the list says", () => {
    assert.deepEqual(problems, []);
  });

  await t.test("every difference of the list shows", () => {
    const unused = differences.filter(({ id, topics = [] }) => !shown.has(id) && topics.length === 0);
    assert.deepEqual(
      unused.map(({ id }) => id),
      [],
    );
  });

  await t.test("every event that Circus published is published, with the same keys", () => {
    const told = new Map(events.map(({ topic, payload }) => [topic, isJson(payload) ? Object.keys(payload) : []]));
    const circus = [...recordedTopics()];
    assert.deepEqual(
      circus.map(([topic]) => [topic, told.get(topic)]),
      circus,
    );
  });

  await t.test("no other event is published, but for those that the list names", () => {
    const known = new Set([...recordedTopics().keys(), ...differences.flatMap(({ topics = [] }) => topics)]);
    const others = new Set(events.map(({ topic }) => topic).filter((topic) => !known.has(topic)));
    assert.deepEqual([...others].sort(), []);
  });

  await t.test("each process that was told to come is told to go", async () => {
    for (const name of ["web", "sock", "single", "printer", "hooked", "stubborn", "lazy", "my_app", "once"]) await reapsAll(daemon, name);
  });

  await t.test("hooks are told by the names that Circus tells", () => {
    const told = (event: "hook_success" | "hook_failure") =>
      [...new Set(events.flatMap((one) => (one.event === event ? [one.payload.name] : [])))].sort();
    const around = ["reap", "signal", "spawn", "start", "stop"];
    const all = ["after", "before"].flatMap((when) => around.map((what) => `${when}_${what}`));
    assert.deepEqual(
      told("hook_success"),
      all.filter((name) => name !== "after_signal"),
    );
    assert.deepEqual(told("hook_failure"), ["after_signal"]);
  });
});
