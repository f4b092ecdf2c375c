/**
 * A client of the circuit library in a process of its own, as a program has it. Arguments: what it does, the address of a server, the
 * pid of that server, and a key file or nothing. Tells of each round how much there was in a second, and the processor time in
 * microseconds that each piece has cost the server and itself.
 */
import { dial, type Anchor, type Channel } from "../../src/main/library/circuit.js";
import { cpuSeconds } from "../machine.js";
import { timed } from "../samples.js";

/** @returns how many pieces there were */
type Deed = (anchor: Anchor, round: number) => Promise<number>;

const MESSAGE = "a short message, as any";
const MESSAGES = 50_000;
const MIB = 1024 * 1024;
const BLOCKS = 512 * 16;

const DEEDS: Readonly<Record<string, { readonly rounds: number; readonly deed: Deed }>> = {
  channel: { rounds: 5, deed: async (anchor, round) => carry(await anchor.walk(`c${round}`).makeChan(1000)) },
  stream: { rounds: 3, deed: (anchor, round) => read(anchor.walk(`p${round}`)) },
};

/** One call sends all of them, another one has all of them. */
async function carry(channel: Channel): Promise<number> {
  const sending = channel.sendAll(Array.from({ length: MESSAGES }, () => MESSAGE));
  let received = 0;
  for await (const message of channel) {
    if ((await message.text()) !== MESSAGE) throw new Error(`message ${received} is another one than was sent`);
    received += 1;
    if (received === MESSAGES) break;
  }
  return sending;
}

async function read(anchor: Anchor): Promise<number> {
  const args = ["if=/dev/zero", `bs=${MIB / 16}`, `count=${BLOCKS}`, "status=none"];
  // It waits for its reader: otherwise what is written before that comes would be dropped.
  const writer = await anchor.makeProc({ Path: "dd", Args: args, Overflow: "block" });
  let bytes = 0;
  for await (const chunk of writer.stdout()) bytes += chunk.length;
  if (bytes !== (BLOCKS * MIB) / 16) throw new Error(`${bytes} bytes are not all`);
  return bytes / MIB;
}

const [, , what = "", address = "", pid = "", key] = process.argv;
const { rounds = 0, deed } = DEEDS[what] ?? {};
await using client = await dial(address, key === undefined ? {} : { key });
const anchor = client.walk([(await client.server()).id]);
const figures = { rates: [] as number[], server: [] as number[], client: [] as number[] };
for (let round = 0; round <= rounds; round += 1) {
  const before = [cpuSeconds(Number(pid)), cpuSeconds(process.pid)] as const;
  let pieces = 0;
  const took = await timed(async () => (pieces = (await deed?.(anchor, round)) ?? 0));
  // In the first one everything is compiled.
  if (round === 0) continue;
  figures.rates.push(pieces / (took / 1000));
  figures.server.push(((cpuSeconds(Number(pid)) - before[0]) * 1e6) / pieces);
  figures.client.push(((cpuSeconds(process.pid) - before[1]) * 1e6) / pieces);
}
console.log(JSON.stringify(figures));
