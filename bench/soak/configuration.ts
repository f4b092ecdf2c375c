/** The circus.ini of the soak: every built-in plugin, one that counts, and workers that give each of them something to do. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { repositoryPath } from "../../test/helpers/root.js";
import type { TempDir } from "../../test/helpers/temp.js";
import type { Partners } from "./partners.js";

/** How many processes are killed in turn: few enough are young when they die. */
const KILLED = 10;

/** Counts from the removal of the watcher `begin` to the addition of the watcher `end`, as the bench itself does. */
const COUNTER = `import { createHash } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { CircusPlugin } from "circusd/plugin";

export class Counter extends CircusPlugin {
  handleInit() {
    this.file = this.options.text("file");
    this.begin();
  }
  begin() {
    this.count = 0;
    this.hash = createHash("sha1");
  }
  handleRecv(data) {
    const [topic, message] = data;
    if (topic === "watcher.begin.remove") return this.begin();
    if (topic === "watcher.end.add") return this.tell();
    const { process_pid: pid = "", time } = this.loadMessage(message);
    this.count += 1;
    this.hash.update(topic + " " + pid + " " + time + "\\n");
  }
  tell() {
    writeFileSync(this.file + ".new", JSON.stringify({ count: this.count, hash: this.hash.copy().digest("hex") }));
    renameSync(this.file + ".new", this.file);
  }
}
`;

/** The program that command_reloader looks after. */
export const PROGRAM = "#!/bin/sh\nexec sleep 3600\n";

export async function writePrograms(dir: TempDir): Promise<void> {
  await dir.write("counter.mjs", COUNTER);
  await dir.write("program", PROGRAM, 0o755);
}

/** Their watchers begin with the first event that is counted and end before the last, and no plugin touches them. */
export const COUNTED = ["dying", "killed", "reloaded"] as const;

/** Of these each is the business of one plugin, which ends processes of it. */
export const TOUCHED = ["flapping", "replaced", "beating", "idle", "served", "scheduled", "scaled"] as const;

/** Watchers bear the name of what is done to them. */
export async function configuration(dir: TempDir, partners: Partners): Promise<string> {
  const heartbeats = await freePort();
  const beats = `${process.execPath} ${repositoryPath("test", "fixtures", "sends-heartbeats.js")} ${heartbeats}`;
  const statsd = `host = 127.0.0.1\nport = ${partners.statsd}\n`;
  const redis =
    partners.redis === null ? "" : `[plugin:redis]\nuse = redis_observer\nredis_url = ${partners.redis}\nloop_rate = 1\n${statsd}`;
  return `logoutput = ${dir.join("circus.log")}

[watcher:dying]
autostart = False
cmd = sh -c 'sleep 1.3; exit 3'
numprocesses = 4
max_retry = -1
flapping.active = false

[watcher:killed]
autostart = False
cmd = sleep 3600
numprocesses = ${KILLED}
flapping.active = false

[watcher:reloaded]
autostart = False
cmd = sleep 3600
numprocesses = 4
flapping.active = false

[watcher:flapping]
cmd = sh -c 'exit 1'
max_retry = -1
flapping.active = true

[watcher:replaced]
cmd = ${dir.join("program")}

[watcher:beating]
cmd = ${beats}
numprocesses = 2
flapping.active = false

[watcher:idle]
cmd = sleep 3600
numprocesses = 2

[watcher:served]
cmd = sleep 3600

[watcher:scheduled]
cmd = sleep 3600

[watcher:scaled]
cmd = sleep 3600

[plugin:counter]
use = ${dir.join("counter.mjs")}
file = ${dir.join("counted")}

[plugin:flapping]
use = flapping
active = true
attempts = 3
window = 5
retry_in = 2
max_retry = -1

[plugin:reloader]
use = command_reloader

[plugin:watchdog]
use = watchdog
port = ${heartbeats}
loop_rate = 2
max_count = 1
watchers_regex = ^beating$

[plugin:resources]
use = resource_watcher
watcher = idle
loop_rate = 2
min_cpu = 0
max_count = 2
${statsd}
[plugin:statsd]
use = statsd
application_name = events
${statsd}
[plugin:figures]
use = full_stats
loop_rate = 1
${statsd}
[plugin:http]
use = http_observer
check_url = ${partners.page}
restart_on_error = served
loop_rate = 1
${statsd}
${redis}
[plugin:notifier]
use = notifier
events = spawn reap
watchers = ${COUNTED.join(", ")}
rate_limit = 0
url = ${partners.webhook}

[plugin:scheduler]
use = scheduler
job.restart = */5 * * * * * restart scheduled
job.more = */10 * * * * * incr 2 scheduled
job.fewer = 5-59/10 * * * * * decr 2 scheduled

[plugin:scaler]
use = autoscaler
watcher = scaled
min = 1
max = 6
command = date +%S
scale_up_at = 40
scale_down_at = 20
cooldown_up = 1
cooldown_down = 1
loop_rate = 1
`;
}

async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}
