/** What a server costs when there are many, with either engine, and when the others see that it is gone. */
import { randomBytes } from "node:crypto";
import { withoutHosts } from "../../test/helpers/hosts.js";
import { CIRCUIT, Fleet, type Participant } from "../fleet.js";
import { timed } from "../samples.js";
import type { Line } from "../table.js";

const SERVER = { comes: /Server "(\w+)" \(X\w+\) is in the circuit/, goes: /Server "(\w+)" \(X\w+\) (?:is lost|has left)/ };
const AGENT = { comes: /EventMemberJoin: (s\d+) /, goes: /EventMemberFailed: (s\d+) / };

/** Of servers of each engine; agents alone stand for those that do not fit. */
const SIZES = { mesh: [5, 20, 50], serf: [20, 50], agents: 200 } as const;

export async function fleets(): Promise<readonly Line[]> {
  const obstacle = withoutHosts();
  if (obstacle !== false) throw new Error(`there can be no network of its own: ${obstacle}`);
  return [...(await servers("mesh")), ...(await servers("serf")), ...(await agents())];
}

async function servers(engine: "mesh" | "serf"): Promise<readonly Line[]> {
  await using fleet = await Fleet.open(SERVER);
  const key = await fleet.dir.write("key", `${randomBytes(64).toString("base64")}\n`, 0o600);
  const { address } = fleet.host;
  const start = (name: string): Participant => {
    const port = fleet.all.length === 0 ? 11022 : 0;
    const flags = ["--name", name, "--engine", engine, "--hmac", key, "--var", fleet.dir.join(name)];
    return fleet.add(name, process.execPath, [CIRCUIT, "start", "-a", `${address}:${port}`, "-j", `${address}:11022`, ...flags]);
  };
  const lines: Line[] = [];
  for (const size of SIZES[engine]) {
    await fleet.grow(size, start);
    lines.push(...(await costs(fleet, `${engine}, ${size} servers`, engine === "mesh" ? TARGETS[size] : undefined)));
    const join = await timed(async () => {
      start(`s${fleet.all.length}`);
      await fleet.agree();
    });
    const killed = await fleet.lose("SIGKILL");
    const hung = await fleet.lose("SIGSTOP");
    const of = (what: string): string => `${engine}, ${size} servers: ${what}`;
    lines.push({ what: of("exec of another until all see all"), unit: "ms", ours: join });
    lines.push({ what: of("kill -9 seen by all"), unit: "ms", ours: killed, target: { atMost: 3000 } });
    lines.push({ what: of("SIGSTOP seen by all"), unit: "ms", ours: hung, target: { atMost: 6000 } });
  }
  return lines;
}

/** Of a core for all of them together. */
const TARGETS: Readonly<Record<number, number>> = { 5: 1, 50: 25 };

/** Serf's agents without servers, with tags as servers have them. */
async function agents(): Promise<readonly Line[]> {
  await using fleet = await Fleet.open(AGENT);
  const { address } = fleet.host;
  const encrypt_key = randomBytes(32).toString("base64");
  const configure = async (name: string, index: number): Promise<string> => {
    const retry_join = index === 0 ? [] : [`${address}:20000`];
    const own = { node_name: name, bind: `${address}:${20_000 + index}`, rpc_addr: `127.0.0.1:${30_000 + index}`, retry_join };
    const manner = {
      encrypt_key,
      profile: "lan",
      disable_coordinates: true,
      log_level: "info",
      reconnect_interval: "5s",
      retry_interval: "1s",
    };
    const tags = {
      i: `X${"0".repeat(16)}`,
      a: `${address}:11022/4711`,
      n: name,
      l: "role=web zone=eu-1",
      v: "1.0.0",
      s: "1700000000000",
      r: "0",
      c: "1",
    };
    return fleet.dir.write(`${name}.json`, JSON.stringify({ ...own, ...manner, tags }), 0o600);
  };
  const files = await Promise.all(Array.from({ length: SIZES.agents }, (_, index) => configure(`s${index}`, index)));
  await fleet.grow(SIZES.agents, (name) => fleet.add(name, "serf", ["agent", `-config-file=${files[fleet.all.length] ?? ""}`]));
  const lines = await costs(fleet, `serf agents alone, ${SIZES.agents}`, undefined);
  const killed = await fleet.lose("SIGKILL");
  return [...lines, { what: `serf agents alone, ${SIZES.agents}: kill -9 seen by all`, unit: "ms", ours: killed }];
}

async function costs(fleet: Fleet, who: string, together: number | undefined): Promise<readonly Line[]> {
  const { cpu, traffic, memory } = await fleet.cost();
  const target = together === undefined ? {} : { target: { atMost: together / fleet.all.length } };
  return [
    { what: `${who}: share of a core, each`, unit: "%", ours: cpu, ...target },
    { what: `${who}: traffic sent, each`, unit: "KiB/s", ours: traffic },
    { what: `${who}: proportional memory, each`, unit: "MiB", ours: memory },
  ];
}
