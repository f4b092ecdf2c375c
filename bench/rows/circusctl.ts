/** The command line as a script runs it: a whole process for one question. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { median, timed } from "../samples.js";
import { Subject } from "../subject.js";
import type { Line } from "../table.js";
import { repositoryPath } from "../../test/helpers/root.js";

const ROUNDS = 15;

export async function circusctl(): Promise<readonly Line[]> {
  await using subject = await Subject.start("[watcher:web]\ncmd = sleep 3600\nnumprocesses = 100\n");
  await subject.client.call("start", { name: "web", waiting: true });
  const ours: number[] = [];
  const floor: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    floor.push(await timed(() => node("-e", "0")));
    ours.push(await timed(() => node(repositoryPath("bin", "circusctl.js"), "--endpoint", subject.endpoint, "list")));
  }
  const target = { atMostTimesFloor: 2.5 };
  return [{ what: "circusctl list, whole process", unit: "ms", ours: median(ours), floor: median(floor), target, circus: "129 ms" }];
}

async function node(...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  await once(child, "close");
  if (child.exitCode !== 0) throw new Error(`node ${args.join(" ")} exited with ${child.exitCode}`);
}
