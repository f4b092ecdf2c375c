/** A thousand processes from nothing, and what a client notices of it. */
import { countChildren } from "../machine.js";
import { runProgram } from "../program.js";
import { largest, median, pause, timed, times, until } from "../samples.js";
import { Subject } from "../subject.js";
import type { Line } from "../table.js";

const COUNT = 1000;
const ROUNDS = 3;
/** Milliseconds between two questions: one without pause would take a core from the processes that start. */
const BETWEEN = 10;
const CAPTURED = "stdout_stream.class = FileStream\nstdout_stream.filename = DIR/out.log\n";

export async function starts(): Promise<readonly Line[]> {
  const plain = await compare("");
  const captured = await compare(CAPTURED);
  const cold = await times(ROUNDS, fromExec);
  const coldFloor = await times(ROUNDS, () => timed(() => runProgram("starts", String(COUNT))));
  const line = { unit: "ms", target: { atMostTimesFloor: 1.3 } };
  return [
    { ...line, what: "1,000 up, after `start`", ours: median(plain.ours), floor: median(plain.floor) },
    { ...line, what: "1,000 up, stdout through pipes to a file", ours: median(captured.ours), floor: median(captured.floor) },
    { ...line, what: "1,000 up, from exec of the program", ours: median(cold), floor: median(coldFloor), circus: "3,050 ms" },
    { what: "slowest answer meanwhile", unit: "ms", ours: largest([...plain.answers, ...captured.answers]), target: { atMost: 50 } },
  ];
}

interface Comparison {
  readonly ours: number[];
  readonly floor: number[];
  /** Milliseconds of each command that was asked meanwhile. */
  readonly answers: number[];
}

async function compare(options: string): Promise<Comparison> {
  const result: Comparison = { ours: [], floor: [], answers: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const floor = await runProgram("starts", String(COUNT), options === "" ? "" : "pipes");
    result.floor.push(floor.number("milliseconds"));
    result.ours.push(await startAll(options, result.answers));
  }
  return result;
}

async function startAll(options: string, answers: number[]): Promise<number> {
  await using subject = await Subject.start(`[watcher:many]\ncmd = sleep 3600\nnumprocesses = ${COUNT}\nautostart = False\n${options}`);
  await using observer = await subject.connect();
  await observer.call("numprocesses", { name: "many" });
  let busy = true;
  const asking = (async () => {
    while (busy) {
      answers.push(await timed(() => observer.call("numprocesses", { name: "many" })));
      await pause(BETWEEN);
    }
  })();
  const took = await timed(() => subject.client.call("start", { name: "many", waiting: true }));
  busy = false;
  await asking;
  if (countChildren(subject.pid) !== COUNT) throw new Error(`${countChildren(subject.pid)} of ${COUNT} processes run`);
  return took;
}

async function fromExec(): Promise<number> {
  const begun = performance.now();
  await using subject = await Subject.exec(`[watcher:many]\ncmd = sleep 3600\nnumprocesses = ${COUNT}\n`);
  await until(() => countChildren(subject.pid) === COUNT, `${COUNT} processes`);
  return performance.now() - begun;
}
