/** Servers that come, go, crash and hang for minutes, while clients use what stands on them and check all that they are told. */
import { tempDir } from "../../test/helpers/temp.js";
import { churn, randomFrom } from "../../test/helpers/churn.js";
import type { Line } from "../table.js";

const SECONDS = Number(process.env["BENCH_CHURN_SECONDS"] ?? 180);
const SERVERS = 20;
const CLIENTS = 8;
/** Longer than it takes the others to see that a server hangs. */
const LONGEST_HANG = 9000;

export async function circuitChurn(): Promise<readonly Line[]> {
  await using dir = await tempDir();
  const seed = Date.now();
  const options = {
    servers: SERVERS,
    clients: CLIENTS,
    seconds: SECONDS,
    longestHang: LONGEST_HANG,
    random: randomFrom(seed),
    dir: dir.path,
  };
  const { faults, deeds, messages, quiet } = await churn(options);
  for (const fault of faults.slice(0, 10)) console.error(fault);
  const done = (...names: readonly string[]): number => names.reduce((sum, name) => sum + (deeds.get(name) ?? 0), 0);
  return [
    { what: `churn of ${SERVERS} servers: started, killed, ended, hung`, unit: "", ours: done("start", "kill", "leave", "hang") },
    { what: "… processes started, read from and scrubbed", unit: "", ours: done("make", "read", "scrub") },
    { what: "… messages that were safe, on servers that are left", unit: "", ours: messages.safe },
    { what: "… of these and others received again, having been given back", unit: "", ours: messages.again },
    { what: "… what was not as it was told: lost, twice, cut off, still there", unit: "", ours: faults.length, target: { atMost: 0 } },
    { what: "… from the last deed until all views are equal", unit: "ms", ours: quiet, target: { atMost: 6000 } },
  ];
}
