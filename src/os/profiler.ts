/** Looks into the running program with what Node brings along; nothing of it is loaded before it is asked for. */
import { setTimeout } from "node:timers/promises";
import type { Session } from "node:inspector/promises";
import type { Profiler } from "../core/circuit/host-port.js";

type Take = (seconds: number, signal: AbortSignal) => Promise<string>;

/** Bytes of allocation between two samples of the heap. */
const HEAP_INTERVAL = 32 * 1024;
/** Microseconds between two samples of the processor; fewer than usual, so that long profiles stay small. */
const CPU_INTERVAL = 2000;

/** @example `await openProfiler().take("cpu", 5, signal)` is the text of a `.cpuprofile` file */
export function openProfiler(): Profiler {
  const takes: Readonly<Record<string, Take>> = { cpu: once("cpu", takeCpu), heap: once("heap", takeHeap), memory, handles };
  return {
    profiles: {
      cpu: "where time is spent, as a .cpuprofile file",
      heap: "what is allocated meanwhile and stays, as a .heapprofile file",
      memory: "how much memory is in use",
      handles: "what keeps the program busy, by kind",
    },
    async take(name, seconds, signal) {
      const take = takes[name];
      if (take === undefined) throw new Error(`Cannot take a profile "${name}": there is none of that name`);
      return take(seconds, signal);
    },
  };
}

/** Two profiles of a kind at once would stop each other. */
function once(name: string, take: Take): Take {
  let busy = false;
  return async (seconds, signal) => {
    if (busy) throw new Error(`Cannot take a profile "${name}": another one is being taken; try again when it has ended`);
    busy = true;
    try {
      return await take(seconds, signal);
    } finally {
      busy = false;
    }
  };
}

async function takeCpu(seconds: number, signal: AbortSignal): Promise<string> {
  return withSession(async (session) => {
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: CPU_INTERVAL });
    await session.post("Profiler.start");
    await setTimeout(seconds * 1000, undefined, { signal });
    const { profile } = await session.post("Profiler.stop");
    return `${JSON.stringify(profile)}\n`;
  });
}

async function takeHeap(seconds: number, signal: AbortSignal): Promise<string> {
  return withSession(async (session) => {
    await session.post("HeapProfiler.startSampling", { samplingInterval: HEAP_INTERVAL });
    await setTimeout(seconds * 1000, undefined, { signal });
    const { profile } = await session.post("HeapProfiler.stopSampling");
    return `${JSON.stringify(profile)}\n`;
  });
}

/** The end of a session stops whatever it has started. */
async function withSession(work: (session: Session) => Promise<string>): Promise<string> {
  const { Session: Inspector } = await import("node:inspector/promises");
  const session = new Inspector();
  session.connect();
  try {
    return await work(session);
  } finally {
    session.disconnect();
  }
}

async function memory(): Promise<string> {
  const { getHeapStatistics } = await import("node:v8");
  const usage = { ...process.memoryUsage(), heapLimit: getHeapStatistics().heap_size_limit };
  return lines(Object.entries(usage));
}

async function handles(): Promise<string> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return lines([...counts].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function lines(figures: readonly (readonly [name: string, figure: number])[]): string {
  return figures.map(([name, figure]) => `${name} ${figure}\n`).join("");
}
