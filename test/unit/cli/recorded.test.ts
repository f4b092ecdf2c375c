import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { isCommandName, loadCommand } from "../../../src/cli/commands.js";
import { PLAIN, styleOf } from "../../../src/cli/terminal.js";
import { isObject } from "../../../src/wire/codec.js";
import { decodeReply, refusalOf, type Reply } from "../../../src/wire/reply.js";
import { repositoryPath } from "../../helpers/root.js";

interface Exchange {
  readonly label: string;
  readonly command: string;
  readonly reply: Reply;
}

/** What a Circus of Python answered, as recorded. */
function recorded(): readonly Exchange[] {
  const lines = readFileSync(repositoryPath("test", "fixtures", "transcript.jsonl"), "utf8").split("\n");
  return lines
    .filter((line) => line !== "")
    .flatMap((line) => {
      const entry: unknown = JSON.parse(line);
      if (!isObject(entry) || !Array.isArray(entry["request_frames"]) || !Array.isArray(entry["reply_frames"])) return [];
      const request = decoded(String(entry["request_frames"][0]));
      const reply = decodeReply(Buffer.from(String(entry["reply_frames"][0])));
      if (!isObject(request) || typeof request["command"] !== "string" || reply === null) return [];
      return [{ label: String(entry["label"]), command: request["command"].toLowerCase(), reply }];
    });
}

function decoded(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function rendered(label: string): Promise<string> {
  const exchange = recorded().find((one) => one.label === label);
  assert.ok(exchange !== undefined && isCommandName(exchange.command), label);
  return (await loadCommand(exchange.command)).render(exchange.reply, PLAIN);
}

test("replies of a Python daemon are printed as its own circusctl printed them", async () => {
  assert.equal(
    await rendered("options web"),
    `__name__: watcher:web
args: 3600
close_child_stderr: False
close_child_stdin: True
close_child_stdout: False
cmd: /bin/sleep
copy_env: False
env: COLOR=blue,FOO=bar,PATH=/usr/local/bin:/usr/bin:/bin,__name__=env:web,print*
executable: 
gid: 
graceful_timeout: 30.0
max_age: 0
max_age_variance: 30
max_retry: 5
numprocesses: 2
on_demand: False
priority: 10
respawn: True
send_hup: False
shell: False
shell_args: 
singleton: False
stderr_stream_conf: {}
stdout_stream_conf: {}
stop_children: False
stop_signal: 15
uid: 
use_sockets: False
warmup_delay: 0
working_dir: /tmp`,
  );
  assert.equal(
    await rendered("globaloptions"),
    `endpoint: tcp://127.0.0.1:15555
stats_endpoint: tcp://127.0.0.1:15557
pubsub_endpoint: tcp://127.0.0.1:15556
check_delay: 2.0
multicast_endpoint: `,
  );
  assert.equal(await rendered("listsockets"), "9:socket 'ux' at /srv/proto/ux.sock\n11:socket 'web' at 127.0.0.1:18080");
  assert.equal(await rendered("list"), "circusd-stats,hooked,lazy,my app,once,plugin:flap,printer,single,sock,stubborn,web");
  assert.equal(await rendered("list name=WEB"), "6578,6579");
  assert.equal(await rendered("status stopped"), "stopped");
  assert.equal(await rendered("stats stopped watcher"), "lazy:");
  assert.match(
    await rendered("stats watcher"),
    /^web:\n6578: 6578 {2}sleep root 0 1\.34M 2\.44M 0\.0 0\.006 0:00\.0\n6579: 6579 {2}sleep root 0 /,
  );
  assert.match(await rendered("dstats"), /^Main Process:\n {4}6574 {2}python3 root 0 33\.79M 122\.69M 0\.0 0\.14 0:00\.28$/);
});

test("every recorded reply that is no refusal can be printed, plain and dressed", async () => {
  const dressed = styleOf({ isTTY: true }, {});
  let printed = 0;
  for (const { label, command, reply } of recorded()) {
    if (!isCommandName(command) || refusalOf(reply) !== null) continue;
    const known = await loadCommand(command);
    for (const style of [PLAIN, dressed]) assert.doesNotMatch(known.render(reply, style), /undefined|\[object|NaN/, label);
    printed += 1;
  }
  assert.ok(printed > 100, `${printed} replies`);
});
