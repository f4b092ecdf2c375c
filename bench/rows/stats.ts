/** The figures of a hundred processes. */
import { median, timed, times } from "../samples.js";
import { Subject } from "../subject.js";
import type { Line } from "../table.js";

const COUNT = 100;
const ROUNDS = 50;

export async function stats(): Promise<readonly Line[]> {
  await using subject = await Subject.start(`[watcher:web]\ncmd = sleep 3600\nnumprocesses = ${COUNT}\n`);
  await subject.client.call("start", { name: "web", waiting: true });
  const took = await times(ROUNDS, () => timed(() => subject.client.call("stats", { name: "web" })));
  return [{ what: "stats of 100 processes", unit: "ms", ours: median(took), target: { atMost: 10 }, circus: "280 ms" }];
}
