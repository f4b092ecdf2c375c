import assert from "node:assert/strict";
import test from "node:test";
import { CircusClient } from "../../../src/client/call.js";
import { FarUsage } from "../../../src/stats/far-usage.js";
import { isObject } from "../../../src/wire/codec.js";
import { openMemory } from "../../../src/wire/memory/transport.js";
import { processStats } from "../../../src/wire/process-stats.js";

const SIZES = { rss: 2048, vms: 4096, memPercent: 0.5, cpuSeconds: 61.5, cpuPercent: 3 };
const INFO = { pid: 7, cmdline: "sleep", username: "joe", nice: 0, ...SIZES, createTime: 100, children: [] };

/** A far daemon with one watcher; a figure of null is what a process that has just gone has. */
async function usageOf(figures: object): Promise<FarUsage> {
  const transport = openMemory();
  await transport.serve("memory://far", { maxFrame: 1e6 }, (incoming) => {
    const request: unknown = JSON.parse(new TextDecoder().decode(incoming.frames[0]));
    assert.ok(isObject(request));
    const known =
      request["command"] === "stats"
        ? { infos: { web: { 7: figures, 8: "No such process (stopped?)" } } }
        : { info: { ...figures, pid: 5 } };
    incoming.respond(JSON.stringify({ status: "ok", time: 0, id: request["id"], ...known }));
  });
  return new FarUsage(() => new CircusClient({ transport, endpoint: "memory://far" }));
}

test("figures of a far host are what its daemon tells, and who has gone is missing", async () => {
  const usage = await usageOf(processStats({ ...INFO, children: [{ ...INFO, pid: 9 }] }, 105));
  const infos = await usage.look([5, 7, 8], true);
  assert.deepEqual([...infos.keys()], [5, 7]);
  assert.deepEqual(infos.get(7), { ...INFO, children: [{ ...INFO, pid: 9 }] });
  assert.deepEqual((await usage.look([7], false)).get(7), INFO);
  await usage.close();
});

test("the texts of a Python Circus are read where it has no numbers", async () => {
  const { rss, vms, cpu_seconds, ...texts } = processStats(INFO, 105);
  const usage = await usageOf(texts);
  const info = (await usage.look([7], false)).get(7);
  assert.deepEqual([info?.rss, info?.vms, info?.cpuSeconds], [rss, vms, cpu_seconds]);
  await usage.close();
});
