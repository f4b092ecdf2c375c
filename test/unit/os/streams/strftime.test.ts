import assert from "node:assert/strict";
import test from "node:test";
import { strftime } from "../../../../src/os/streams/strftime.js";

/** 5 March 2023, a Sunday, 16:07:09.000042 in local time. */
const MOMENT = new Date(2023, 2, 5, 16, 7, 9).getTime() / 1000 + 0.0000425;

const TABLE: readonly (readonly [string, string])[] = [
  ["%Y-%m-%d %H:%M:%S", "2023-03-05 16:07:09"],
  ["%y", "23"],
  ["%j", "064"],
  ["%a %A", "Sun Sunday"],
  ["%b %B %h", "Mar March Mar"],
  ["%I %p %P", "04 PM pm"],
  ["%e|%k|%l", " 5|16| 4"],
  ["%-d.%-m.%-I", "5.3.4"],
  ["%c", "Sun Mar  5 16:07:09 2023"],
  ["%x %X", "03/05/23 16:07:09"],
  ["%D %F %T %R %r", "03/05/23 2023-03-05 16:07:09 16:07 04:07:09 PM"],
  ["%u %w", "7 0"],
  ["%U %W %V %G %g", "10 09 09 2023 23"],
  ["%C", "20"],
  ["%f", "000042"],
  ["%S.%f!", "09.000042!"],
  ["%%f %%", "%f %"],
  ["%s", String(Math.floor(MOMENT))],
  ["%n%t", "\n\t"],
  ["%Q %", "%Q %"],
  ["", ""],
  ["日 %d", "日 05"],
];

for (const [format, expected] of TABLE) {
  test(`strftime("${format}") gives "${expected}"`, () => {
    assert.equal(strftime(format)(MOMENT), expected);
  });
}

test("strftime() gives midnight and noon as 12 o'clock", () => {
  const format = strftime("%I %p");
  assert.equal(format(new Date(2023, 0, 1, 0, 30).getTime() / 1000), "12 AM");
  assert.equal(format(new Date(2023, 0, 1, 12, 30).getTime() / 1000), "12 PM");
});

test("strftime() follows the fraction within one second and the next second after it", () => {
  const format = strftime("%S.%f");
  assert.equal(format(MOMENT), "09.000042");
  assert.equal(format(Math.floor(MOMENT) + 0.5), "09.500000");
  assert.equal(format(Math.floor(MOMENT) + 1.25), "10.250000");
});

test("strftime() knows the zone's offset and short name", () => {
  assert.match(strftime("%z")(MOMENT), /^[+-]\d{4}$/);
  assert.match(strftime("%Z")(MOMENT), /^([A-Z]+|[+-]\d{4})$/);
});
