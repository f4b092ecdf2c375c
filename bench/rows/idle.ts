/** What a daemon with a thousand processes costs while nothing happens. */
import { spawn } from "node:child_process";
import { cpuSeconds, memory } from "../machine.js";
import { pause } from "../samples.js";
import { Subject } from "../subject.js";
import type { Line } from "../table.js";

const COUNT = 1000;
const SECONDS = 20;
/** Milliseconds in which what the starts have left behind comes to rest: V8 collects garbage once more, half a minute later. */
const REST = 40_000;

export async function idle(): Promise<readonly Line[]> {
  const floor = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e9)"], { stdio: "ignore" });
  await using subject = await Subject.start(`[watcher:many]\ncmd = sleep 3600\nnumprocesses = ${COUNT}\n`);
  await subject.client.call("start", { name: "many", waiting: true });
  await pause(REST);
  const pids = [subject.pid, floor.pid ?? 0];
  const before = pids.map(cpuSeconds);
  await pause(SECONDS * 1000);
  const [ours = 0, bare = 0] = pids.map((pid, index) => (100 * (cpuSeconds(pid) - (before[index] ?? 0))) / SECONDS);
  const [held, bareHeld] = [memory(subject.pid), memory(floor.pid ?? 0)];
  floor.kill("SIGKILL");
  return [
    { what: "1,000 idle: share of a core", unit: "%", ours, floor: bare, target: { atMost: 0.2 }, circus: "0.8 %" },
    { what: "1,000 idle: resident memory", unit: "MiB", ours: held.rss, floor: bareHeld.rss, target: { atMost: 90 } },
    { what: "1,000 idle: proportional memory", unit: "MiB", ours: held.pss, floor: bareHeld.pss, circus: "28 MiB" },
  ];
}
