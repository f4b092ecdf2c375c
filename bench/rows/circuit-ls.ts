/** The command circuit as a script runs it: a whole process for one question. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { CircuitProgram } from "../../test/helpers/circuit-program.js";
import { Circuit } from "../circuit.js";
import { median, timed } from "../samples.js";
import type { Line } from "../table.js";

const ROUNDS = 25;

export async function circuitLs(): Promise<readonly Line[]> {
  await using circuit = await Circuit.start();
  const [bare, listed] = [[] as number[], [] as number[]];
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(await timed(() => node("-e", "0")));
    listed.push(await timed(() => node(CircuitProgram.program, "ls", "-d", circuit.last.address, "/")));
  }
  return [
    {
      what: "circuit ls /, whole process",
      unit: "ms",
      ours: median(listed),
      floor: median(bare),
      target: { atMostTimesFloor: 2.5 },
      circus: "13 ms",
    },
  ];
}

async function node(...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  await once(child, "close");
  if (child.exitCode !== 0) throw new Error(`node ${args.join(" ")} exited with ${child.exitCode ?? "no code"}`);
}
