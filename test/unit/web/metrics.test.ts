import assert from "node:assert/strict";
import test from "node:test";
import type { DaemonSample } from "../../../src/web/metrics/collect.js";
import { CONTENT_TYPE, expose } from "../../../src/web/metrics/exposition.js";
import { readExposition, valueOf } from "../../helpers/prometheus.js";

const process = { pid: 7, cpuSeconds: 1.5, residentBytes: 4096, virtualBytes: 8192, startTime: 1_700_000_000.25 };

function sample(changes: Partial<DaemonSample> = {}): DaemonSample {
  const watcher = { name: "web", status: "active", numprocesses: 2, singleton: false, pids: [7], internal: false, deaths: 3 } as const;
  return {
    id: "local",
    up: true,
    watchers: [{ ...watcher, processes: [process] }],
    sockets: [{ fd: 5, name: "web", address: "127.0.0.1:80", backlog: 128, reads: 1, total: 9 }],
    self: { ...process, pid: 1 },
    ...changes,
  };
}

test("expose() writes what promtool finds nothing wrong with", async () => {
  const read = readExposition(await expose([sample(), sample({ id: "web2", up: false, watchers: [], sockets: [], self: null })]));
  assert.equal(valueOf(read, "circus_up", { daemon: "local" }), 1);
  assert.equal(valueOf(read, "circus_up", { daemon: "web2" }), 0);
  assert.equal(valueOf(read, "circus_watcher_processes"), 1);
  assert.equal(valueOf(read, "circus_watcher_wanted_processes"), 2);
  assert.equal(valueOf(read, "circus_watcher_active", { watcher: "web" }), 1);
  assert.equal(valueOf(read, "circus_watcher_process_deaths_total"), 3);
  assert.equal(valueOf(read, "circus_process_cpu_seconds_total", { pid: "7" }), 1.5);
  assert.equal(valueOf(read, "circus_process_start_time_seconds"), 1_700_000_000.25);
  assert.equal(valueOf(read, "circus_socket_reads_total", { socket: "web", address: "127.0.0.1:80" }), 9);
  assert.equal(valueOf(read, "circus_daemon_resident_memory_bytes"), 4096);
  assert.match(CONTENT_TYPE, /^text\/plain; version=0\.0\.4; charset=utf-8$/);
});

test("expose() leaves out what is not known, and carries names of any kind", async () => {
  const odd = 'My "App"\\\n{x="y"} ü';
  const unknown = { pid: 7, cpuSeconds: null, residentBytes: null, virtualBytes: null, startTime: null };
  const watcher = { name: odd, status: "stopping", numprocesses: null, singleton: true, pids: [], internal: false, deaths: 0 } as const;
  const read = readExposition(await expose([sample({ watchers: [{ ...watcher, processes: [unknown] }], self: null })]));
  assert.equal(valueOf(read, "circus_watcher_active", { watcher: odd }), 0);
  assert.equal(valueOf(read, "circus_watcher_wanted_processes"), null);
  assert.equal(valueOf(read, "circus_process_cpu_seconds_total"), null);
});

const WRONG: readonly (readonly [string, string])[] = [
  ["a sample without a type", "circus_up 1\n"],
  ["a counter that is not called total", "# HELP circus_up x\n# TYPE circus_up counter\ncircus_up 1\n"],
  ["a last line without an end", "# HELP circus_up x\n# TYPE circus_up gauge\ncircus_up 1"],
  ["a quote that is not escaped", '# HELP circus_up x\n# TYPE circus_up gauge\ncircus_up{a="b"c"} 1\n'],
  ["a sample that is there twice", "# HELP circus_up x\n# TYPE circus_up gauge\ncircus_up 1\ncircus_up 2\n"],
  ["a value that is none", "# HELP circus_up x\n# TYPE circus_up gauge\ncircus_up one\n"],
];

for (const [title, text] of WRONG) test(`the check of the format catches ${title}`, () => assert.throws(() => readExposition(text)));
