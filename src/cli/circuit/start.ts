/** What the flags of `circuit start` say. The server itself is made by whoever runs the command. */
import { fail, succeed, type Result } from "../../core/result.js";
import type { Engine } from "../../core/circuit/spec.js";
import { parseGroup, parsePlace } from "../../core/options/cluster.js";
import type { Env } from "../world.js";
import type { Flags } from "./flags.js";
import { readLabels } from "./labels.js";

export interface StartFlags {
  /** `HOST:PORT` or `HOST`; null where it was not given. */
  readonly addr: string | null;
  /** Name of a network device to listen on, with any free port unless `addr` names one. */
  readonly device: string | null;
  readonly advertise: string | null;
  readonly join: readonly string[];
  /** `HOST:PORT` of a multicast group; null looks for nobody. */
  readonly discover: string | null;
  readonly keyFile: string | null;
  /** Directory for what is kept over a restart; `%W` in it stands for the id of the program. */
  readonly stateDir: string | null;
  readonly docker: boolean;
  readonly name: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly engine: Engine | null;
}

/** The failure is one line for the user. */
export function readStart(flags: Flags, env: Env): Result<StartFlags, string> {
  const engine = flags.text("engine");
  if (engine !== null && engine !== "mesh" && engine !== "serf") return fail(`--engine takes mesh or serf, not "${engine}"`);
  const name = flags.text("name") || null;
  if (name !== null && !/^[^\p{C}/]{1,255}$/u.test(name)) return fail(`--name takes a name without a slash, not ${JSON.stringify(name)}`);
  const advertise = flags.text("advertise") || null;
  if (advertise !== null && parsePlace(advertise) === null) return fail(`--advertise takes HOST or HOST:PORT, not "${advertise}"`);
  const given = flags.text("discover");
  const discover = (given ?? env["CIRCUIT_DISCOVER"]) || null;
  if (discover !== null && parseGroup(discover) === null) {
    const source = given === null ? "$CIRCUIT_DISCOVER" : "--discover";
    return fail(`"${discover}", from ${source}, is no multicast address such as 228.8.8.8:8822`);
  }
  const labels = readLabels(flags.all("label"));
  if (!labels.ok) return labels;
  return succeed({
    addr: flags.text("addr") || null,
    device: flags.text("if") || null,
    advertise,
    join: flags.all("join").filter((address) => address !== ""),
    discover,
    keyFile: (flags.text("hmac") ?? env["CIRCUIT_HMAC"]) || null,
    stateDir: flags.text("var") || null,
    docker: flags.has("docker"),
    name,
    labels: labels.value,
    engine,
  });
}
