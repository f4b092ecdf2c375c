import assert from "node:assert/strict";
import test from "node:test";
import { Chronicle } from "../../../plugins/notifier/chronicle.js";
import { fieldsOf, type Notice } from "../../../plugins/notifier/notice.js";
import { MAX_WAITING, Outbox } from "../../../plugins/notifier/outbox.js";
import { RateLimit } from "../../../plugins/notifier/rate-limit.js";
import { parseJsonTemplate, parseTemplate } from "../../../plugins/notifier/template.js";

type Step = readonly [action: string, payload?: object, told?: boolean | null];

/** `event: message` of everything that events of "web" mean, but not the events themselves. */
function meaning(...steps: readonly Step[]): readonly string[] {
  const chronicle = new Chronicle({ attempts: 3, window: 60 });
  return steps.flatMap(([action, payload = {}, told = null], at) => {
    const [, ...meant] = chronicle.take("web", action, { payload: { time: at, ...payload }, now: at, told });
    return meant.map(({ event, message }) => `${event}: ${message}`);
  });
}

function reap(process_pid: number, exit_code: number | null): Step {
  return ["reap", { process_pid, exit_code }];
}

function kill(process_pid: number): Step {
  return ["kill", { process_pid }];
}

test("a process that dies without having been told to has failed, unless its code is 0", () => {
  assert.deepEqual(meaning(reap(7, 3)), ["failed: web: process 7 exited with code 3"]);
  assert.deepEqual(meaning(reap(7, -9)), ["failed: web: process 7 was ended by SIGKILL"]);
  assert.deepEqual(meaning(reap(7, -35)), ["failed: web: process 7 was ended by signal 35"]);
  assert.deepEqual(meaning(reap(7, null)), ["failed: web: process 7 ended, nobody knows how"]);
  assert.deepEqual(meaning(reap(7, 0)), []);
  assert.deepEqual(meaning(kill(7), reap(7, -15)), []);
});

test("a process that gets the number of one that was ended before can fail", () => {
  assert.deepEqual(meaning(kill(7), reap(7, -15), reap(7, 1)), ["failed: web: process 7 exited with code 1"]);
});

test("a watcher has given up when it stops and nobody has ended its processes", () => {
  assert.deepEqual(meaning(["start"], reap(7, 4), ["stop"]).slice(1), [
    "gave_up: web stopped by itself: its last process exited with code 4",
  ]);
  assert.deepEqual(meaning(["stop"]), ["gave_up: web stopped by itself: none of its processes could be started"]);
});

test("a watcher has not given up when an operator stops it, or when its work is done", () => {
  assert.deepEqual(meaning(["start"], kill(7), reap(7, -15), ["stop"]), []);
  assert.deepEqual(meaning(["start"], reap(7, 0), ["stop"]), []);
  assert.deepEqual(meaning(["start"], ["stop"]), []);
  assert.deepEqual(meaning(reap(7, 1), kill(8), reap(8, -15), ["stop"]).slice(1), []);
});

test("a watcher that was told to stop has not given up, whatever went before", () => {
  assert.deepEqual(meaning(reap(7, 1), ["stop", {}, true]).slice(1), []);
  assert.deepEqual(meaning(["stop", {}, true]), []);
  assert.equal(meaning(["stop", {}, false]).length, 1);
});

test("a watcher flaps from its third failure within a minute, which is told once until it has been quiet", () => {
  const often = meaning(reap(1, 1), reap(2, 1), reap(3, 1), reap(4, 1));
  assert.deepEqual(
    often.map((told) => told.split(":")[0]),
    ["failed", "failed", "failed", "flapping", "failed"],
  );
  assert.match(often[3] ?? "", /web keeps failing: 3 times within 60 s, at last it exited with code 1/);
  const seldom = meaning(...[0, 40, 80, 120].map((time): Step => ["reap", { process_pid: 1, exit_code: 1, time }]));
  assert.equal(seldom.filter((told) => told.startsWith("flapping")).length, 0);
  const again = meaning(...[0, 1, 2, 90, 91, 92].map((time): Step => ["reap", { process_pid: 1, exit_code: 1, time }]));
  assert.equal(again.filter((told) => told.startsWith("flapping")).length, 2);
});

test("a failed hook is told with its name and its reason", () => {
  const chronicle = new Chronicle({ attempts: 3, window: 60 });
  const [told] = chronicle.take("web", "hook_failure", {
    payload: { name: "before_start", error: "no disk", time: 5 },
    now: 9,
    told: null,
  });
  assert.equal(told?.message, "web: hook before_start failed: no disk");
  assert.equal(told.time, 5);
});

function notice(event = "failed", watcher = "web"): Notice {
  return { event, watcher, pid: 7, exitCode: 3, time: 0, message: 'it said "no"', held: 0 };
}

test("parseTemplate() puts values where their names stand and leaves other braces alone", () => {
  const fields = fieldsOf(notice(), "h1");
  assert.equal(
    parseTemplate("{watcher} {event} {pid} {exit_code} {host} {time} {} {Other} {{pid}}", {})(fields),
    "web failed 7 3 h1 1970-01-01T00:00:00.000Z {} {Other} {7}",
  );
  assert.equal(parseTemplate("<{pid}>", {})(fieldsOf({ ...notice(), pid: null }, "h1")), "<>");
  assert.equal(parseTemplate("{env.TOKEN}/{watcher}", { TOKEN: "a/b" })(fields, encodeURIComponent), "a/b/web");
  assert.throws(() => parseTemplate("{wather}", {}), /nobody knows \{wather\}; there are \{event\} \{watcher\}/);
  assert.throws(() => parseTemplate("{env.TOKEN}", {}), /the environment variable TOKEN is not set/);
});

test("parseJsonTemplate() fills strings in without harm to the JSON, and makes numbers of numbers", () => {
  const text = '{"text": "{watcher}: {message}", "n": "{pid}", "list": ["{exit_code}", 1, null], "{pid}": true}';
  const template = parseJsonTemplate(text, {});
  assert.deepEqual(template?.(fieldsOf(notice(), "h1")), { text: 'web: it said "no"', n: 7, list: [3, 1, null], "{pid}": true });
  assert.deepEqual(parseJsonTemplate('"{pid}"', {})?.(fieldsOf({ ...notice(), pid: null }, "h1")), null);
  assert.equal(parseJsonTemplate("plain {pid}", {}), null);
});

test("RateLimit lets so many through, holds back the rest, and sums it up by kind", () => {
  const rate = new RateLimit({ limit: 2, window: 10 });
  assert.deepEqual(
    [0, 1, 2, 3].map((now) => rate.admit(notice(), now)),
    [true, true, false, false],
  );
  assert.equal(rate.admit(notice("flapping", "api"), 4), false);
  assert.equal(rate.remaining(4), 6);
  assert.deepEqual(rate.summary(10), {
    ...{ event: "summary", watcher: "", pid: null, exitCode: null, time: 10, held: 3 },
    message: "3 more within 10 s: 2 × failed of web, 1 × flapping of api",
  });
  assert.equal(rate.summary(10), null);
  // The summary is the first of the new window.
  assert.deepEqual([rate.admit(notice(), 11), rate.admit(notice(), 12)], [true, false]);
});

test("RateLimit loses nothing that it holds when its window is long over, and begins anew when the clock is set back", () => {
  const rate = new RateLimit({ limit: 1, window: 10 });
  assert.deepEqual([rate.admit(notice(), 0), rate.admit(notice(), 1), rate.admit(notice(), 100)], [true, false, false]);
  assert.equal(rate.summary(100)?.held, 2);
  const back = new RateLimit({ limit: 1, window: 10 });
  assert.deepEqual([back.admit(notice(), 1000), back.admit(notice(), 10)], [true, true]);
});

test("RateLimit with a limit of 0 lets everything through", () => {
  const rate = new RateLimit({ limit: 0, window: 10 });
  assert.ok(Array.from({ length: 100 }, () => rate.admit(notice(), 0)).every(Boolean));
});

test("Outbox delivers one after the other, and counts what finds no room", async () => {
  const told: string[] = [];
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const outbox = new Outbox({
    send: async ({ watcher }) => {
      await gate;
      return watcher === "bad" ? "it is away" : null;
    },
    lost: ({ watcher }, reason) => void told.push(`${watcher}: ${reason}`),
    dropped: (count) => void told.push(`dropped ${count ?? "from now on"}`),
  });
  outbox.put(notice("failed", "bad"));
  for (let at = 0; at < MAX_WAITING + 6; at += 1) outbox.put(notice());
  assert.deepEqual(told, ["dropped from now on"]);
  open();
  await outbox.empty();
  outbox.put(notice());
  await outbox.empty();
  assert.deepEqual(told, ["dropped from now on", "bad: it is away", "dropped 7"]);
});
