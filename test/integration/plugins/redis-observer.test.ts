import assert from "node:assert/strict";
import test from "node:test";
import { redisAddress } from "../../../plugins/redis-observer/address.js";
import { RedisObserver } from "../../../plugins/redis-observer/index.js";
import { refusal } from "../../helpers/circusctl.js";
import { Daemon } from "../../helpers/daemon.js";
import { eventually, kill } from "../../helpers/facts.js";
import { without } from "../../helpers/partners.js";
import { PluginStage, refusalOf } from "../../helpers/plugin-stage.js";
import { RedisServer, serverArguments } from "../../helpers/redis-server.js";
import { tempDir } from "../../helpers/temp.js";
import { statsdReceiver } from "../../helpers/statsd-receiver.js";

const skip = without("redis-server", "--version");

function config(port: number, more: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return { host: "127.0.0.1", port: String(port), loop_rate: "0.05", ...more };
}

/** What a Redis of today has of Circus's list. */
const FIGURES = [
  ...["pubsub_channels", "connected_slaves", "lru_clock", "connected_clients", "keyspace_misses", "used_memory"],
  ...["used_memory_peak", "total_commands_processed", "used_memory_rss", "total_connections_received", "pubsub_patterns"],
  ...["used_cpu_sys", "used_cpu_sys_children", "blocked_clients", "used_cpu_user", "mem_fragmentation_ratio"],
  ...["expired_keys", "evicted_keys", "uptime_in_seconds", "keyspace_hits"],
];

test("a circusd brings its frozen Redis back to life with the plugin's help", { skip }, async (t) => {
  const statsd = await statsdReceiver(t);
  const dir = await tempDir(t);
  const socket = dir.join("redis.sock");
  const args = serverArguments(socket).map((word) => (word === "" ? "''" : word));
  const daemon = await Daemon.start(t, {
    ini: `
[watcher:cache]
cmd = redis-server ${args.join(" ")}
graceful_timeout = 0.1
[plugin:redis]
use = circus.plugins.redis_observer.RedisObserver
redis_url = unix://${socket}
restart_on_timeout = cache
timeout = 0.2
loop_rate = 0.05
port = ${statsd.port}
host = 127.0.0.1
`,
  });
  await statsd.packet(/uptime_in_seconds/);
  const frozen = await daemon.onlyProcess("cache");
  kill(frozen, "SIGSTOP");
  await statsd.packet(/redis_stats\.restart_on_error:1\|c$/);
  await eventually(
    () => daemon.pids("cache"),
    (pids) => pids.length === 1 && pids[0] !== frozen,
  );
  const seen = statsd.packets.length;
  await eventually(
    () => statsd.packets.slice(seen),
    (packets) => packets.some((packet) => packet.includes("uptime_in_seconds")),
  );
});

test("RedisObserver sends the figures of a Redis under Circus's names, in Circus's order", { skip }, async (t) => {
  const redis = await RedisServer.start(t);
  const statsd = await statsdReceiver(t);
  await PluginStage.start(t, RedisObserver, { config: config(statsd.port, { redis_url: redis.url }) });
  const packets = await statsd.take(FIGURES.length);
  assert.deepEqual(
    packets.map((packet) => packet.replace(/:\d+(\.\d+)?(e-\d+)?\|g$/, "")),
    FIGURES.map((name) => `circus.redis_observer.watcher.redis_stats.${name}`),
  );
});

test("RedisObserver restarts a watcher for each look at a frozen Redis, and is content when it thaws", { skip }, async (t) => {
  const redis = await RedisServer.start(t);
  const statsd = await statsdReceiver(t);
  const answers: (() => void)[] = [];
  const stage = await PluginStage.start(t, RedisObserver, {
    config: config(statsd.port, { redis_url: redis.url, timeout: "0.1", restart_on_timeout: "cache" }),
    answer: () => new Promise((resolve) => answers.push(() => resolve({}))),
  });
  await statsd.take(FIGURES.length);
  redis.freeze();
  await stage.until(() => answers.length === 1);
  // While circusd is at it nobody looks: the second one follows from the second failure.
  answers[0]?.();
  await stage.until(() => answers.length === 2);
  redis.thaw();
  answers[1]?.();
  await stage.until(() => stage.log.some((line) => line.endsWith("answers again")));
  assert.deepEqual(stage.requests, Array(2).fill({ command: "restart", properties: { name: "cache", waiting: true } }));
  const prefix = "circus.redis_observer.watcher.redis_stats";
  assert.deepEqual(
    statsd.packets.filter((packet) => packet.endsWith("|c")),
    [`${prefix}.error:1|c`, `${prefix}.restart_on_error:1|c`, `${prefix}.error:1|c`, `${prefix}.restart_on_error:1|c`],
  );
  assert.match(stage.log[0] ?? "", /^warning "unix:.*" does not answer well: it took longer than 0\.1 s; restarting "cache"$/);
});

test("RedisObserver tells once that a Redis is gone, and once that it is back", { skip }, async (t) => {
  const redis = await RedisServer.start(t);
  const statsd = await statsdReceiver(t);
  const stage = await PluginStage.start(t, RedisObserver, { config: config(statsd.port, { redis_url: redis.url }) });
  await redis.stop();
  const errors = (): number => statsd.packets.filter((packet) => packet.endsWith("redis_stats.error:1|c")).length;
  await stage.until(() => errors() >= 3);
  assert.deepEqual(stage.requests, []);
  await redis.up();
  await stage.until(() => stage.log.length >= 2);
  assert.match(stage.log[0] ?? "", /^warning .* does not answer well: connect E(NOENT|CONNREFUSED) /);
  assert.match(stage.log[1] ?? "", /^info .* answers again$/);
});

test("RedisObserver logs in, tells of a wrong password, and shows none", { skip }, async (t) => {
  const redis = await RedisServer.start(t, "--requirepass", "open sesame");
  const statsd = await statsdReceiver(t);
  const withPassword = (password: string): string => redis.url.replace("unix://", `unix://:${encodeURIComponent(password)}@`);
  const wrong = await PluginStage.start(t, RedisObserver, { config: config(statsd.port, { redis_url: withPassword("guess") }) });
  await wrong.until(() => wrong.log.length === 1);
  assert.match(wrong.log[0] ?? "", /WRONGPASS/);
  assert.doesNotMatch(wrong.log[0] ?? "", /guess/);
  await wrong.stop();
  await PluginStage.start(t, RedisObserver, { config: config(statsd.port, { redis_url: withPassword("open sesame") }) });
  await statsd.packet(/connected_clients/);
});

test("RedisObserver goes on where circusd cannot restart the watcher", async (t) => {
  const statsd = await statsdReceiver(t);
  const stage = await PluginStage.start(t, RedisObserver, {
    config: config(statsd.port, { redis_url: "redis://127.0.0.1:1", restart_on_timeout: "nobody" }),
    answer: () => refusal("program nobody not found"),
  });
  await stage.until(() => stage.requests.length === 2);
  assert.ok(stage.log.includes('error Cannot restart "nobody": program nobody not found'));
  assert.ok(!statsd.packets.some((packet) => packet.includes("restart_on_error")));
});

test("RedisObserver ends at once although a frozen Redis keeps it waiting", { skip }, async (t) => {
  const redis = await RedisServer.start(t);
  redis.freeze();
  const statsd = await statsdReceiver(t);
  const stage = await PluginStage.start(t, RedisObserver, { config: config(statsd.port, { redis_url: redis.url, timeout: "3600" }) });
  await stage.stop();
  assert.deepEqual(stage.log, []);
});

test("redis_url is read in every form that Circus took, and refused in others", async () => {
  assert.deepEqual(redisAddress("redis://localhost:6379/0"), { host: "localhost", port: 6379, db: 0 });
  assert.deepEqual(redisAddress("redis://me:p%40ss@[::1]/7"), { host: "::1", port: 6379, db: 7, username: "me", password: "p@ss" });
  assert.deepEqual(redisAddress("rediss://r.example"), { host: "r.example", port: 6379, db: 0, tls: { servername: "r.example" } });
  assert.deepEqual(redisAddress("unix:///run/r.sock?db=2"), { path: "/run/r.sock", db: 2 });
  assert.deepEqual(redisAddress("unix://:secret@/run/r.sock"), { path: "/run/r.sock", db: 0, password: "secret" });
  for (const text of ["localhost:6379", "http://localhost", "redis://", "redis://h/first", "unix:"])
    assert.equal(redisAddress(text), null, text);
  assert.match(
    await refusalOf(RedisObserver, { redis_url: "localhost" }),
    /^PluginOptionError: Cannot use redis_url = "localhost" .* expected redis:/,
  );
});
