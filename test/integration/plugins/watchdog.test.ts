import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import test from "node:test";
import { WatchDog } from "../../../plugins/watchdog/index.js";
import { Daemon } from "../../helpers/daemon.js";
import { freeUdpPort } from "../../helpers/free-port.js";
import { PluginStage, refusalOf } from "../../helpers/plugin-stage.js";
import { isObject } from "../../../src/wire/codec.js";
import { repositoryPath } from "../../helpers/root.js";

const SENDS = `${process.execPath} ${repositoryPath("test", "fixtures", "sends-heartbeats.js")}`;

test("WatchDog kills the process that falls silent, and no other", async (t) => {
  const port = await freeUdpPort();
  const ini = `[plugin:dog]
use = circus.plugins.watchdog.WatchDog
loop_rate = 0.5
max_count = 4
port = ${port}
watchers_regex = ^(beats|other)$
watchers_stop_signal = INT
watchers_graceful_timeout = 5
[watcher:beats]
cmd = ${SENDS} ${port}
numprocesses = 2
[watcher:quiet]
cmd = sleep 60
`;
  const daemon = await Daemon.start(t, { ini });
  const [silent = 0, talking = 0] = await daemon.processes("beats", 2);
  const [quiet, dog] = [await daemon.onlyProcess("quiet"), await daemon.onlyProcess("plugin:dog")];
  await daemon.logged(new RegExp(`Watchdog listening UDP on 127.0.0.1:${port}`));
  process.kill(silent, "SIGUSR2");
  await daemon.event("watcher.beats.reap");
  assert.match(daemon.output, new RegExp(`\\[WARNING\\] watcher:beats, pid:${silent} is not responding\\. Kill it !`));
  assert.match(
    JSON.stringify((await daemon.event("watcher.beats.reap")).payload),
    new RegExp(`"process_pid":${silent},.*"exit_code":-2\\b`),
  );
  assert.equal(daemon.count("watcher.beats.kill"), 1);
  const [first = 0, second = 0] = await daemon.processes("beats", 2);
  assert.ok([first, second].includes(talking) && ![first, second].includes(silent));
  assert.deepEqual([await daemon.onlyProcess("quiet"), await daemon.onlyProcess("plugin:dog")], [quiet, dog]);
});

test("WatchDog watches new processes too, and those that never send", async (t) => {
  const ini =
    "[plugin:dog]\nuse = watchdog\nloop_rate = 0.1\nport = 0\n[watcher:My App]\ncmd = sleep 60\n[watcher:circushttpd]\ncmd = sleep 60\n";
  const daemon = await Daemon.start(t, { ini });
  await daemon.event("watcher.my_app.reap", 2);
  assert.equal(daemon.count("watcher.circushttpd.reap"), 0);
  assert.equal(daemon.count("watcher.plugin:dog.reap"), 0);
});

test("WatchDog reads heartbeats by msg_regex in Python's form, and tells of strangers once", async (t) => {
  const port = await freeUdpPort();
  const stage = await PluginStage.start(t, WatchDog, {
    config: { port: String(port), loop_rate: "0.2", max_count: "1", msg_regex: "alive (?P<pid>\\d+) at (?P<when>.*)" },
    answer: ({ command, properties }) => {
      if (command !== "list") return {};
      return isObject(properties) && "name" in properties ? { pids: [7, 8] } : { watchers: ["web", "plugin:dog"] };
    },
  });
  await stage.until(() => stage.log.some((line) => line.includes("listening")));
  const socket = createSocket("udp4");
  const beat = setInterval(() => {
    for (const text of ["alive 7 at noon", "alive 9 at noon", "nonsense"]) socket.send(text, port, "127.0.0.1");
  }, 10);
  t.after(async () => {
    clearInterval(beat);
    socket.close();
  });
  await stage.until(() => stage.count("kill") > 0);
  assert.deepEqual(
    stage.requests.filter(({ command }) => command === "kill"),
    [{ command: "kill", properties: { name: "web", pid: 8 } }],
  );
  assert.deepEqual(stage.log.filter((line) => line.startsWith("warning")).sort(), [
    'warning A heartbeat of process "9", which is not watched, came in: "alive 9 at noon"',
    'warning A message that msg_regex does not match came in: "nonsense"',
    "warning watcher:web, pid:8 is not responding. Kill it !",
  ]);
});

test("WatchDog refuses to watch where it cannot listen, and options that cannot be used", async (t) => {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.after(async () => {
    socket.close();
  });
  const { port } = socket.address();
  assert.match(
    await refusalOf(WatchDog, { port: String(port) }),
    new RegExp(`^PluginOptionError: Cannot listen for heartbeats at 127.0.0.1:${port} for \\[plugin:test\\]: .*EADDRINUSE`),
  );
  assert.match(
    await refusalOf(WatchDog, { watchers_regex: "(" }),
    /Cannot use watchers_regex = "\(" .*: expected a regular expression, but /,
  );
  assert.match(await refusalOf(WatchDog, { msg_regex: "(.*)" }), /Cannot use msg_regex = .*: expected a group \(\?P<pid>…\)/);
  assert.match(await refusalOf(WatchDog, { watchers_stop_signal: "KIL" }), /Cannot use watchers_stop_signal = "KIL" .*: expected a signal/);
  assert.match(await refusalOf(WatchDog, { watchers_graceful_timeout: "-3" }), /Cannot use watchers_graceful_timeout = "-3"/);
});
