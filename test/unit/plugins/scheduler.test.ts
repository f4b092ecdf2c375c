import assert from "node:assert/strict";
import test from "node:test";
import { describe, parseJob, type Job } from "../../../plugins/scheduler/job.js";
import { Timetable } from "../../../plugins/scheduler/timetable.js";

function job(text: string, timezone: string | null = "UTC"): Job {
  return parseJob("test", { text, timezone });
}

function seconds(time: string): number {
  return Date.parse(time) / 1000;
}

function next(text: string, after: string, timezone = "UTC"): string {
  const found = job(text, timezone).next(seconds(after));
  return found === null ? "never" : new Date(found * 1000).toISOString();
}

test("parseJob() reads a time, an action and a watcher, whose name may have blanks in it", () => {
  const read: readonly (readonly [string, string])[] = [
    ["0 3 * * * restart web", "restart web"],
    ["*/10 * * * * *  reload  My App", "reload My App"],
    ["@daily stop web", "stop web"],
    ["0 8 * * mon-fri incr 2 web", "incr 2 web"],
    ["0 8 * * * incr web", "incr 1 web"],
    ["0 8 * * * decr 7", "decr 1 7"],
    ["0 8 * * * numprocesses 0 web", "numprocesses 0 web"],
    ["0 8 * * * signal usr1 web", "signal SIGUSR1 web"],
    ["0 8 * * * start *", "start *"],
  ];
  for (const [text, action] of read) assert.equal(describe(job(text).action), action, text);
});

test("parseJob() says what is wrong with a job", () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["", /expected a cron expression, then one of start, stop, restart/],
    ["0 3 * * * bounce web", /expected a cron expression, then one of start, stop, restart/],
    ["0 3 * * restart web", /expected 5 fields .* before "restart", and there are 4$/],
    ["restart web", /expected 5 fields .* and there are 0$/],
    ["0 25 * * * restart web", /"0 25 \* \* \*" is no cron expression: .*25/],
    ["@never restart web", /"@never" is no cron expression/],
    ["0 0 30 2 * restart web", /"0 0 30 2 \*" is a time that never comes/],
    ["0 3 * * * restart", /expected a watcher after "restart"/],
    ["0 3 * * * signal web", /expected the name of a signal after "signal", .* not "web"/],
    ["0 3 * * * signal HUP", /expected a watcher after "signal HUP"/],
    ["0 3 * * * numprocesses web", /expected a number after "numprocesses", .* not "web"/],
    ["0 3 * * * incr", /expected a watcher after "incr"/],
  ];
  for (const [text, message] of wrong) assert.throws(() => job(text), message, text);
});

test("a job's times are those of its time zone, through summer and winter", () => {
  assert.equal(next("0 3 * * * restart web", "2026-01-10T12:00:00Z"), "2026-01-11T03:00:00.000Z");
  assert.equal(next("0 3 * * * restart web", "2026-01-10T12:00:00Z", "Europe/Berlin"), "2026-01-11T02:00:00.000Z");
  assert.equal(next("0 3 * * * restart web", "2026-07-10T12:00:00Z", "Europe/Berlin"), "2026-07-11T01:00:00.000Z");
  // In the night of the change from summer to winter 02:30 comes twice, in that from winter to summer not at all.
  assert.equal(next("30 2 * * * restart web", "2026-10-25T00:30:00Z", "Europe/Berlin"), "2026-10-26T01:30:00.000Z");
  assert.equal(next("30 2 * * * restart web", "2026-03-28T12:00:00Z", "Europe/Berlin"), "2026-03-29T01:00:00.000Z");
  assert.equal(next("*/15 * * * * * restart web", "2026-01-10T12:00:01Z"), "2026-01-10T12:00:15.000Z");
});

const HOURLY = "0 * * * * restart web";

/** A table of one hourly job at 12:00:30, and how often it is due at each of the times that follow. */
function dueAt(...times: readonly string[]): readonly string[] {
  const timetable = new Timetable([job(HOURLY)], seconds("2026-01-10T12:00:30Z"));
  return times.map((time) => {
    const { run, missed } = timetable.take(seconds(`2026-01-10T${time}Z`));
    return run.length > 0 ? "run" : missed.length > 0 ? "missed" : "no";
  });
}

test("Timetable runs a job once when its time has come", () => {
  assert.deepEqual(dueAt("12:59:59", "13:00:00", "13:00:30", "14:00:00"), ["no", "run", "no", "run"]);
});

test("Timetable makes up once for what a clock that goes forth has left out, and not for what is long past", () => {
  assert.deepEqual(dueAt("15:30:00", "15:30:30", "16:00:00"), ["run", "no", "run"]);
  assert.deepEqual(dueAt("19:30:00", "20:00:00"), ["missed", "run"]);
});

test("Timetable repeats nothing when the clock goes back a little, and begins anew when it goes back far", () => {
  assert.deepEqual(dueAt("13:00:00", "12:59:58", "13:00:00", "13:30:00", "14:00:00"), ["run", "no", "no", "no", "run"]);
  assert.deepEqual(dueAt("13:00:00", "05:30:00", "06:00:00"), ["run", "no", "run"]);
});
