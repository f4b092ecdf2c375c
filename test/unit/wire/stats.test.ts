import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { encodeJson } from "../../../src/wire/codec.js";
import { clockTime, humanSize, processStats } from "../../../src/wire/process-stats.js";
import { decodeStat, encodeStat, type StatFrame } from "../../../src/wire/stats.js";
import { repositoryPath } from "../../helpers/root.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const INFO = { pid: 7, cmdline: "sleep", username: "joe", nice: 0, createTime: 100 };
const SIZES = { rss: 1_855_000, vms: 2_990_080, memPercent: 0.00712, cpuSeconds: 61.07, cpuPercent: 1.26, children: [] };

test("what is encoded is decoded to the same", () => {
  const stats = { ...processStats({ ...INFO, ...SIZES }, 105), subtopic: 7, name: null };
  const frames: readonly StatFrame[] = [
    { kind: "process", watcher: "my_app.v2", stats },
    { kind: "watcher", watcher: "my_app.v2", stats: { pid: [7], cpu: 1.3, mem: 0.007, age: 5, rss: 1_855_000 } },
    { kind: "socket", stats: { fd: 9, subtopic: 9, reads: 3, address: "/run/web.sock" } },
    { kind: "sockets", stats: { addresses: ["/run/web.sock"], reads: 3 } },
  ];
  for (const frame of frames) {
    const { topic, body } = encodeStat(frame);
    assert.deepEqual(decodeStat(topic, bytes(body)), frame);
  }
});

test("topics carry the name as events do", () => {
  const { topic } = encodeStat({ kind: "watcher", watcher: "My App", stats: { pid: [], cpu: 0, mem: 0, age: 0 } });
  assert.equal(topic, "stat.my_app");
});

test("figures are written as Circus writes them", () => {
  const { mem_info1, mem_info2, cpu, mem, ctime, age } = processStats({ ...INFO, ...SIZES }, 105);
  assert.deepEqual(
    { mem_info1, mem_info2, cpu, mem, ctime, age },
    { mem_info1: "1.77M", mem_info2: "2.85M", cpu: 1.3, mem: 0.007, ctime: "1:01.7", age: 5 },
  );
  assert.equal(humanSize(512), "512B");
  assert.equal(clockTime(0), "0:00.0");
});

test("every message that Circus was recorded to publish is read, and none of anything else", () => {
  const kinds = readFileSync(repositoryPath("test", "fixtures", "stats-sample.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const frames: unknown = JSON.parse(line);
      assert.ok(Array.isArray(frames));
      return decodeStat(String(frames[0]), bytes(String(frames[1])))?.kind;
    });
  assert.deepEqual(new Set(kinds), new Set(["process", "watcher", "socket", "sockets"]));
  for (const [topic, body] of [
    ["stat.web", "nonsense"],
    ["stat.web", "{}"],
    ["watcher.web.spawn", '{"pid": [], "cpu": 0, "mem": 0, "age": 0}'],
  ] as const)
    assert.equal(decodeStat(topic, bytes(body)), null);
});

test("a figure that Circus did not have is 0", () => {
  const frame = decodeStat("stat.web", bytes(encodeJson({ pid: [], cpu: 0, mem: 0, age: "N/A" })));
  assert.deepEqual(frame?.stats, { pid: [], cpu: 0, mem: 0, age: 0 });
});
