/**
 * Keeps a worker alive somewhere in a circuit, and hears from it by a channel. A worker that has died, whose host has left,
 * or that has not said anything for a while, is followed by another one on the next host, which goes on where it was.
 *
 *     node watchbot-with-back-channel.js ADDRESS[,ADDRESS…] [SECONDS]
 */
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CircuitError, dial } from "circusd/circuit";

const [addresses = "", patience = "5"] = process.argv.slice(2);
const WORKER = fileURLToPath(new URL("worker.js", import.meta.url));
const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => ending.abort());

const client = await dial(addresses.split(","));
const home = client.walk([(await client.server()).id, "watchbot", String(process.pid)]);
const back = await home.walk("back").makeChan(100);
const leaving = await home.walk("leaving").makeOnLeave();

let last = 0;
let silence = new AbortController();
let timer = setTimeout(() => undefined, 0);

await Promise.race([hear(), keepWorking(), new Promise((resolve) => ending.signal.addEventListener("abort", resolve))]);
ending.abort();
clearTimeout(timer);
for (const element of [back, leaving]) await element.scrub().catch(() => undefined);
await client.close();

/** What the workers say: how far they are. A number is out of the channel when the next one is asked for, so none is lost. */
async function hear() {
  for await (const message of back) {
    last = Number(await message.text());
    console.log(`watchbot: worker is at ${last}`);
    listen();
  }
}

/** Gives up the present worker when it says nothing for too long. */
function listen() {
  clearTimeout(timer);
  timer = setTimeout(() => silence.abort(), Number(patience) * 1000);
}

async function keepWorking() {
  for (let turn = 0; !ending.signal.aborted; turn += 1) {
    const { members } = await client.members();
    const host = members[turn % members.length];
    try {
      await work(host);
    } catch (error) {
      if (!(error instanceof CircuitError)) throw error;
      if (ending.signal.aborted) break;
      console.log(`watchbot: lost the worker on ${host.name}: ${error.message}`);
      await pause(100);
    }
  }
}

/** One worker on one host, until it ends, its host leaves, or it is silent. */
async function work({ id, name, address }) {
  const given = new AbortController();
  silence = given;
  ending.signal.addEventListener("abort", () => given.abort(), { once: true });
  const args = [WORKER, address, back.path, String(last)];
  const worker = await client.walk([id, "watchbot", "worker"]).makeProc({ Path: "node", Args: args });
  try {
    console.log(`watchbot: worker runs on ${name} as ${(await worker.peek()).Pid}`);
    listen();
    const departure = hasLeft(`/${id}`, given);
    const { Exit, Phase } = await worker.wait({ signal: given.signal });
    console.log(`watchbot: worker has ended on ${name}, ${Exit?.Body ?? Phase}`);
    given.abort();
    await departure;
  } finally {
    await worker.scrub({ kill: true }).catch(() => undefined);
  }
}

/** Gives up the worker when its host has left the circuit. */
async function hasLeft(path, given) {
  try {
    for await (const gone of leaving.events({ signal: given.signal })) {
      if (gone === path) return given.abort();
    }
  } catch (error) {
    if (!given.signal.aborted) throw error;
  }
}
