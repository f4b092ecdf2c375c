/** From the death of a worker to the event that its successor runs, as a subscriber sees it. */
import { median, pause, percentile } from "../samples.js";
import { runProgram } from "../program.js";
import { Subject } from "../subject.js";
import type { Line } from "../table.js";

const SINGLE = 300;
const MANY = 100;
/** Milliseconds after which the death of a worker counts as its first, with a margin. */
const MATURE = 1500;

export async function deaths(): Promise<readonly Line[]> {
  const floor = await runProgram("deaths", String(SINGLE));
  const single = await killOneByOne();
  const all = await killAll();
  const line = { unit: "ms" };
  return [
    {
      ...line,
      what: "killed → successor runs, median",
      ours: median(single),
      floor: median(floor.numbers("single")),
      target: { atMost: 5 },
      circus: "2,170 ms",
    },
    {
      ...line,
      what: "killed → successor runs, p99",
      ours: percentile(single, 99),
      floor: percentile(floor.numbers("single"), 99),
      target: { atMost: 12 },
      circus: "4,590 ms",
    },
    { ...line, what: "100 of 100 killed → all back", ours: all, floor: floor.number("all"), target: { atMost: 300 }, circus: "3,700 ms" },
  ];
}

async function killOneByOne(): Promise<readonly number[]> {
  const samples: number[] = [];
  await withMature(SINGLE, async (pids, successors) => {
    for (const pid of pids) {
      const begun = performance.now();
      const come = successors(1);
      process.kill(pid, "SIGKILL");
      await come;
      samples.push(performance.now() - begun);
      await pause(5);
    }
  });
  return samples;
}

async function killAll(): Promise<number> {
  let took = 0;
  await withMature(MANY, async (pids, successors) => {
    const begun = performance.now();
    const come = successors(pids.length);
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await come;
    took = performance.now() - begun;
  });
  return took;
}

type Work = (pids: readonly number[], successors: (count: number) => Promise<void>) => Promise<void>;

async function withMature(count: number, work: Work): Promise<void> {
  await using subject = await Subject.start(`[watcher:web]\ncmd = sleep 3600\nnumprocesses = ${count}\n`);
  await subject.client.call("start", { name: "web", waiting: true });
  let left = 0;
  let done: () => void = () => undefined;
  using _events = await subject.follow(({ topic }) => {
    if (topic !== "watcher.web.spawn") return;
    left -= 1;
    if (left === 0) done();
  });
  await pause(MATURE);
  await work(await subject.pids("web"), (expected) => {
    left = expected;
    return new Promise((resolve) => {
      done = resolve;
    });
  });
}
