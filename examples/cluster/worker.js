/**
 * Counts, and tells the watchbot by its channel how far it is. It is started on any host of the circuit, and reaches the
 * channel through the server of that host.
 *
 *     node worker.js ADDRESS CHANNEL FROM
 */
import { setTimeout as pause } from "node:timers/promises";
import { dial } from "circusd/circuit";

const [address = "", path = "", from = "0"] = process.argv.slice(2);
const client = await dial(address);
const back = await client.walk(path).get();
if (back?.kind !== "channel") throw new Error(`${path} is no channel`);

for (let at = Number(from) + 1; ; at += 1) {
  // It resolves when the number is safe: the next worker goes on behind it.
  await back.send(String(at));
  await pause(200);
}
