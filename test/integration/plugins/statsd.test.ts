import assert from "node:assert/strict";
import test from "node:test";
import { FullStats, StatsdEmitter } from "../../../plugins/statsd/index.js";
import { EMITTED, FULL_STATS, INFOS, SAMPLED, STATS_ERROR } from "../../fixtures/circus-statsd.js";
import { refusal } from "../../helpers/circusctl.js";
import { eventually } from "../../helpers/facts.js";
import { Daemon } from "../../helpers/daemon.js";
import { freeUdpPort } from "../../helpers/free-port.js";
import { PluginStage, refusalOf } from "../../helpers/plugin-stage.js";
import { statsdReceiver } from "../../helpers/statsd-receiver.js";

function at(port: number): Readonly<Record<string, string>> {
  return { host: "127.0.0.1", port: String(port) };
}

test("StatsdEmitter counts every event in the bytes that Circus sends", async (t) => {
  const statsd = await statsdReceiver(t);
  const stage = await PluginStage.start(t, StatsdEmitter, { config: { ...at(statsd.port), ...EMITTED.config } });
  stage.publish("watcher.web.spawn", { process_pid: 7, time: 1.5 });
  stage.publish("watcher.my_app.hook_failure", { name: "after_start", time: 1.5, error: "no" });
  assert.deepEqual(await statsd.take(2), EMITTED.packets);
});

test("StatsdEmitter takes a watcher's name whole where it has dots, and keeps colons out of the packet", async (t) => {
  const statsd = await statsdReceiver(t);
  const stage = await PluginStage.start(t, StatsdEmitter, { config: at(statsd.port) });
  stage.publish("watcher.my.app.spawn", {});
  stage.publish("watcher.plugin:flap.reap", {});
  assert.deepEqual(await statsd.take(2), ["circus.app.watcher.my.app.spawn:1|c", "circus.app.watcher.plugin_flap.reap:1|c"]);
});

test("a sample_rate sends a share of the packets and says so in each", async (t) => {
  const statsd = await statsdReceiver(t);
  const stage = await PluginStage.start(t, StatsdEmitter, { config: { ...at(statsd.port), sample_rate: "0.5" } });
  for (let n = 0; n < 200; n += 1) stage.publish("watcher.web.spawn", {});
  await statsd.take(1);
  await stage.stop();
  assert.deepEqual([...new Set(statsd.packets)], [SAMPLED]);
  assert.ok(statsd.packets.length < 200);
});

test("StatsdEmitter goes on where no statsd listens, and keeps nothing of what it could not deliver", async (t) => {
  const stage = await PluginStage.start(t, StatsdEmitter, { config: at(await freeUdpPort()) });
  for (let n = 0; n < 5000; n += 1) stage.publish("watcher.web.spawn", {});
  await stage.stop();
  assert.deepEqual(stage.log, []);
});

test("StatsdEmitter does without a statsd whose host nobody knows", async (t) => {
  const stage = await PluginStage.start(t, StatsdEmitter, { config: { host: "nowhere.invalid" } });
  for (let n = 0; n < 3; n += 1) stage.publish("watcher.web.spawn", {});
  await stage.stop();
  assert.deepEqual(stage.log, []);
});

test("FullStats sends the figures of all processes in the bytes that Circus sends", async (t) => {
  const statsd = await statsdReceiver(t);
  const config = { ...at(statsd.port), loop_rate: "0.05" };
  await PluginStage.start(t, FullStats, { config, answer: () => ({ infos: INFOS }) });
  assert.deepEqual(await statsd.take(FULL_STATS.length), FULL_STATS);
});

test("FullStats counts a refusal by circusd as an error and looks again", async (t) => {
  const statsd = await statsdReceiver(t);
  const config = { ...at(statsd.port), loop_rate: "0.05" };
  await PluginStage.start(t, FullStats, { config, answer: () => refusal("not now") });
  assert.deepEqual(await statsd.take(2), [STATS_ERROR, STATS_ERROR]);
});

test("StatsdEmitter and FullStats run under a circusd by the names that Circus gave them", async (t) => {
  const statsd = await statsdReceiver(t);
  const target = `host = 127.0.0.1\nport = ${statsd.port}\napplication_name = example`;
  const daemon = await Daemon.start(t, {
    ini: `
[plugin:statsd]
use = circus.plugins.statsd.StatsdEmitter
${target}
[plugin:figures]
use = circus.plugins.statsd.FullStats
${target}
loop_rate = 0.05
[watcher:web]
cmd = sleep 60
`,
  });
  await statsd.packet(/^circus\.example\.watcher\._stats\.web\.mem_max:[1-9]\d*\|g$/);
  // Until the plugin has subscribed nobody counts.
  await eventually(
    () => daemon.client.call("restart", { name: "web", waiting: true }),
    () => statsd.packets.includes("circus.example.watcher.web.spawn:1|c"),
  );
  assert.ok(!statsd.packets.some((packet) => packet.includes("_stats.plugin")));
});

test("options that cannot be used are refused at the start", async () => {
  assert.match(await refusalOf(StatsdEmitter, { port: "80000" }), /^PluginOptionError: Cannot use port = "80000" .* from 1 to 65535$/);
  assert.match(
    await refusalOf(StatsdEmitter, { sample_rate: "0" }),
    /^PluginOptionError: Cannot use sample_rate = "0" .* above 0, up to 1$/,
  );
  assert.match(await refusalOf(FullStats, { loop_rate: "-1" }), /^PluginOptionError: Cannot use loop_rate = "-1"/);
});
