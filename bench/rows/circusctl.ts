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
  const program = repositoryPath("bin", "circusctl.js");
  const env = { ...process.env, CIRCUSCTL_ENDPOINT: subject.endpoint };
  const figures = { bare: [] as number[], words: [] as number[], options: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    figures.bare.push(await timed(() => node(["-e", "0"], env)));
    figures.words.push(await timed(() => node([program, "list"], env)));
    figures.options.push(await timed(() => node([program, "--endpoint", subject.endpoint, "list"], env)));
  }
  const line = { unit: "ms", floor: median(figures.bare) };
  return [
    {
      ...line,
      what: "circusctl list, whole process",
      ours: median(figures.words),
      target: { atMostTimesFloor: 2.5 },
      circus: "129 ms",
    },
    { ...line, what: "circusctl --endpoint … list, whole process", ours: median(figures.options) },
  ];
}

async function node(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "inherit"] });
  await once(child, "close");
  if (child.exitCode !== 0) throw new Error(`node ${args.join(" ")} exited with ${child.exitCode}`);
}
