/** What circusd-stats costs at a round a second, beside a bare loop that reads the same files of the kernel. */
import { cpuSeconds } from "../machine.js";
import { Program } from "../program.js";
import { pause, until } from "../samples.js";
import { Subject } from "../subject.js";
import type { Line } from "../table.js";

const SECONDS = 30;
/** Milliseconds in which the starts come to rest and the code is compiled. */
const REST = 10_000;

export async function figures(): Promise<readonly Line[]> {
  return [await cost(100), { ...(await cost(1000)), target: { atMost: 5 } }];
}

async function cost(count: number): Promise<Line> {
  await using subject = await Subject.start(`[watcher:many]\ncmd = sleep 3600\nnumprocesses = ${count}\n`, { statsd: true });
  await subject.client.call("start", { name: "many", waiting: true });
  let pid = 0;
  const look = setInterval(() => void subject.pids("circusd-stats").then(([first]) => (pid = first ?? 0)), 50);
  await until(() => pid > 0, "circusd-stats");
  clearInterval(look);
  await using floor = new Program("reads-stat", ...(await subject.pids("many")).map(String));
  await floor.ready();
  const pids = [pid, floor.process.pid ?? 0];
  await pause(REST);
  const before = pids.map(cpuSeconds);
  await pause(SECONDS * 1000);
  const [ours = 0, bare = 0] = pids.map((each, index) => (100 * (cpuSeconds(each) - (before[index] ?? 0))) / SECONDS);
  return { what: `figures of ${count.toLocaleString("en")} processes every second: share of a core`, unit: "%", ours, floor: bare };
}
