/**
 * Measures circusd beside the floor that the machine sets in the same run, and prints one table. It never fails because
 * of a figure.
 *
 *     npm run bench                      all rows but the slow ones
 *     npm run bench -- --all             those too
 *     npm run bench -- deaths requests   some
 */
import { describeMachine, load } from "./machine.js";
import { ROWS, type Row } from "./rows.js";
import { renderTable, type Measured } from "./table.js";

const chosen = choose(process.argv.slice(2));
const lines: Measured[] = [];
console.log(describeMachine());
for (const { name, run } of chosen) {
  console.error(`measuring ${name}`);
  const busy = load();
  try {
    for (const line of await run()) lines.push({ ...line, load: busy });
  } catch (cause) {
    console.error(`Cannot measure "${name}": ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
  }
}
console.log(renderTable(lines));

function choose(words: readonly string[]): readonly Row[] {
  const names = words.filter((word) => word !== "--all");
  const unknown = names.find((name) => !ROWS.some((row) => row.name === name));
  if (unknown !== undefined) {
    console.error(`Cannot measure "${unknown}": use one of ${ROWS.map(({ name }) => name).join(", ")}`);
    process.exit(1);
  }
  if (names.length > 0) return ROWS.filter(({ name }) => names.includes(name));
  return words.includes("--all") ? ROWS : ROWS.filter(({ slow }) => !slow);
}
