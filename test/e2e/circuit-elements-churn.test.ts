/** Clients that use the elements of servers which come, go, crash and hang, in an order of chance. */
import assert from "node:assert/strict";
import test from "node:test";
import { churn, randomFrom } from "../helpers/churn.js";
import { tempDir } from "../helpers/temp.js";

const SEED = Number(process.env["CHURN_SEED"] ?? Math.floor(Math.random() * 1e9));

test("what clients were told is true, whatever happened to servers and messages", async (t) => {
  const dir = await tempDir(t);
  const options = { servers: 6, clients: 4, seconds: 4, longestHang: 1500, random: randomFrom(SEED), dir: dir.path };
  const { faults, messages, deeds } = await churn(options);
  t.diagnostic(`CHURN_SEED=${SEED}: ${JSON.stringify({ ...messages, ...Object.fromEntries(deeds) })}`);
  assert.deepEqual(faults, []);
  assert.ok(messages.acknowledged > 0);
});
