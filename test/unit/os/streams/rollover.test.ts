import assert from "node:assert/strict";
import test from "node:test";
import { sizeRollover } from "../../../../src/os/streams/rollover.js";
import { nextRollover, suffixFor, type TimeRule, timedRollover, type When } from "../../../../src/os/streams/timed-rollover.js";

const rule = sizeRollover({ maxBytes: 10, backupCount: 1 });
const share = (text: string, size: number, midLine = false): number => rule.share(Buffer.from(text), { size, midLine }, 0);

test("sizeRollover() gives a file as many whole lines as keep it below max_bytes", () => {
  assert.equal(share("aa\nbb\ncc\n", 0), 9);
  assert.equal(share("aa\nbb\ncc\ndd\n", 0), 9);
  assert.equal(share("aa\nbb\n", 5), 3);
});

test("sizeRollover() asks for a new file when no whole line fits", () => {
  assert.equal(share("aa\n", 7), 0);
  assert.equal(share("aaaaaaaaaaaaaaaaaaaa\n", 1), 0);
});

test("sizeRollover() writes a line that is longer than a file whole", () => {
  assert.equal(share("aaaaaaaaaaaaaaaaaaaa\nb\n", 0), 21);
});

test("sizeRollover() never begins a file inside a line", () => {
  assert.equal(share("aaaaaaaa\nb\n", 5, true), 9);
  assert.equal(share("aaaaaaaaaaaaaaa", 5, true), 15);
});

const utc = (text: string): number => Date.parse(`${text}Z`) / 1000;
const timed = (when: When, interval = 1): TimeRule => ({ when, interval, backupCount: 0, utc: true });

const PERIODS: readonly (readonly [When, number, string, string, string])[] = [
  ["S", 1, "2024-01-31T10:20:30", "2024-01-31T10:20:31", "20240131102030"],
  ["M", 5, "2024-01-31T10:20:30", "2024-01-31T10:25:30", "202401311020"],
  ["H", 1, "2024-01-31T10:20:30", "2024-01-31T11:20:30", "2024013110"],
  ["D", 1, "2024-01-31T10:20:30", "2024-02-01T10:20:30", "20240131"],
  ["MIDNIGHT", 1, "2024-01-31T10:20:30", "2024-02-01T00:00:00", "20240131"],
  ["MIDNIGHT", 2, "2024-01-31T10:20:30", "2024-02-02T00:00:00", "20240131"],
  // The 31st was a Wednesday: W2 ends with it, W4 on Friday, W0 after next Monday.
  ["W2", 1, "2024-01-31T10:20:30", "2024-02-01T00:00:00", "20240125"],
  ["W4", 1, "2024-01-31T10:20:30", "2024-02-03T00:00:00", "20240127"],
  ["W0", 1, "2024-01-31T10:20:30", "2024-02-06T00:00:00", "20240130"],
];

for (const [when, interval, begun, due, suffix] of PERIODS) {
  test(`A file of ${interval} × ${when} begun at ${begun} is over at ${due} and named ${suffix}`, () => {
    assert.equal(nextRollover(timed(when, interval), utc(begun)), utc(due));
    assert.equal(suffixFor(timed(when, interval), utc(due)), suffix);
  });
}

test("timedRollover() asks for a new file at the first line after the boundary", () => {
  const hourly = timedRollover(timed("H"), utc("2024-01-31T10:00:00"));
  const bytes = Buffer.from("rest\nnext\n");
  const before = utc("2024-01-31T10:59:59");
  const after = utc("2024-01-31T11:00:00");
  assert.equal(hourly.share(bytes, { size: 5, midLine: false }, before), 10);
  assert.equal(hourly.share(bytes, { size: 5, midLine: true }, after), 5);
  assert.equal(hourly.share(bytes, { size: 5, midLine: false }, after), 0);
});

test("timedRollover() makes no empty file of an hour without output", () => {
  const hourly = timedRollover(timed("H"), utc("2024-01-31T10:00:00"));
  assert.equal(hourly.share(Buffer.from("a\n"), { size: 0, midLine: false }, utc("2024-01-31T15:30:00")), 2);
  assert.equal(hourly.share(Buffer.from("a\n"), { size: 2, midLine: false }, utc("2024-01-31T15:59:00")), 2);
  assert.equal(hourly.share(Buffer.from("a\n"), { size: 2, midLine: false }, utc("2024-01-31T16:00:00")), 0);
});

test("timedRollover() does not wait for a year when the clock is set back by one", () => {
  const hourly = timedRollover(timed("H"), utc("2024-01-31T10:00:00"));
  hourly.share(Buffer.from("a\n"), { size: 2, midLine: false }, utc("2023-01-31T10:00:00"));
  assert.equal(hourly.share(Buffer.from("a\n"), { size: 2, midLine: false }, utc("2023-01-31T11:00:00")), 0);
});
