/** What a process writes, read by the library: how fast, and what becomes of the servers when the reader stops. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dial } from "../../src/main/library/circuit.js";
import { Circuit } from "../circuit.js";
import { memory } from "../machine.js";
import { largest, median, pause, timed, times } from "../samples.js";
import type { Line } from "../table.js";

const MIB = 1024 * 1024;
/** MiB that the floor carries, as much as a client reads. */
const SIZE = 512;
/** Seconds for which nobody reads. */
const STOP = 10;

export async function circuitStream(): Promise<readonly Line[]> {
  const floor = median(await times(3, piped));
  const open = await carried(false);
  const secret = await carried(true);
  return [
    {
      what: "stdout of a process to the library; floor: through two cat",
      unit: "MB/s",
      ours: open.rate,
      floor,
      target: { atLeast: 150 },
      circus: "41 MB/s",
    },
    { what: "… processor time of the server, each MiB", unit: "µs", ours: open.server },
    { what: "… processor time of the client, each MiB", unit: "µs", ours: open.client },
    { what: "the same, encrypted", unit: "MB/s", ours: secret.rate, floor, target: { atLeast: 150 } },
    await stopped(),
  ];
}

/** Megabytes a second. */
async function piped(): Promise<number> {
  const script = `dd if=/dev/zero bs=65536 count=${SIZE * 16} status=none | cat | cat > /dev/null`;
  const took = await timed(() => once(spawn("sh", ["-c", script], { stdio: "ignore" }), "close"));
  return (SIZE * MIB) / took / 1000;
}

async function carried(key: boolean): Promise<{ readonly rate: number; readonly server: number; readonly client: number }> {
  await using circuit = await Circuit.start({ key });
  const figures = await circuit.measure("stream");
  return { ...figures, rate: (figures.rate * MIB) / 1e6 };
}

/** The client goes through one server to a process on another, which writes without end. */
async function stopped(): Promise<Line> {
  await using circuit = await Circuit.start({ servers: 2 });
  // What is run for the first time is compiled.
  await circuit.measure("stream");
  await using client = await dial(circuit.servers[0]?.address ?? "");
  const writer = await client.walk([circuit.last.id, "endless"]).makeProc({ Path: "cat", Args: ["/dev/zero"], Overflow: "block" });
  const held = (): readonly number[] => circuit.servers.map(({ pid }) => memory(pid).rss);
  const before = held();
  const reader = writer.stdout().getReader();
  await reader.read();
  const grown: number[] = [];
  for (let second = 0; second < STOP; second += 1) {
    await pause(1000);
    grown.push(...held().map((size, index) => size - (before[index] ?? 0)));
  }
  await reader.cancel();
  await writer.scrub({ kill: true });
  return { what: "a reader stops: growth of the servers on the way, at most", unit: "MiB", ours: largest(grown), target: { atMost: 20 } };
}
