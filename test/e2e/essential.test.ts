/** What circusd runs for: its end is the end of circusd, with its exit code; also as the first process of a container. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import test from "node:test";
import { Daemon, isAlive } from "../helpers/daemon.js";
import { repositoryPath } from "../helpers/root.js";
import { eventually } from "../helpers/facts.js";
import { tempDir } from "../helpers/temp.js";

const WAITS = "while [ ! -e go ]; do sleep 0.02; done";

function worker(script: string, more = ""): string {
  return `[watcher:job]\nshell = True\ncmd = ${script}\nessential = True\nrespawn = False\ncopy_env = True\n${more}\n`;
}

/** Runs circusd until it ends by itself. */
async function lived(
  t: { after(run: () => Promise<void>): void },
  ini: string,
  { wrapper = [], files = {} }: { readonly wrapper?: readonly string[]; readonly files?: Readonly<Record<string, string>> } = {},
) {
  const dir = await tempDir(t);
  for (const [name, content] of Object.entries(files)) await dir.write(name, content, 0o755);
  const endpoints = `endpoint = ipc://${dir.join("c")}\npubsub_endpoint = ipc://${dir.join("e")}`;
  await dir.write("circus.ini", `[circus]\n${endpoints}\n${ini}`);
  const [program, ...args] = [...wrapper, process.execPath, repositoryPath("bin", "circusd.js"), "circus.ini"];
  const child = spawn(program, args, { cwd: dir.path, stdio: ["ignore", "ignore", "pipe"] });
  const [log] = await Promise.all([text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, log };
}

test("circusd ends with the exit code of an essential watcher's last process, after stopping everything else", async (t) => {
  const daemon = await Daemon.start(t, { ini: `${worker(`${WAITS}; exit 7`)}[watcher:web]\ncmd = sleep 3600\n` });
  const web = await daemon.onlyProcess("web");
  await daemon.dir.write("go", "");
  assert.equal(await daemon.exit(), 7);
  assert.equal(isAlive(web), false);
  assert.match(
    daemon.output,
    /\[CRITICAL\] The essential watcher "job" has ended: its last process exited with code 7; stopping everything/,
  );
  assert.match(daemon.output, /Exiting with code 7/);
});

test("circusd ends with 128 and the number of the signal that ended an essential watcher's last process", async (t) => {
  const { code, log } = await lived(t, worker("kill -SEGV $$"));
  assert.equal(code, 139, log);
  assert.match(log, /its last process was ended by SIGSEGV/);
});

test("circusd ends with 0 when an essential watcher has done its work, and with 4 when it cannot be started", async (t) => {
  assert.equal((await lived(t, worker("true"))).code, 0);
  const { code, log } = await lived(t, "[watcher:job]\ncmd = ./nothing-there\nessential = True\nmax_retry = 1\n");
  assert.equal(code, 4, log);
  assert.match(log, /The essential watcher "job" has ended: Cannot start "job"/);
});

test("an essential watcher that is stopped, killed or removed by a command does not end circusd", async (t) => {
  const daemon = await Daemon.start(t, { ini: worker("exec sleep 3600") });
  await daemon.onlyProcess("job");
  await daemon.client.call("stop", { name: "job", waiting: true });
  await daemon.client.call("start", { name: "job", waiting: true });
  await daemon.client.call("kill", { name: "job", signum: 9, waiting: true });
  await daemon.event("watcher.job.stop", 2);
  await eventually(
    () => daemon.status("job"),
    (status) => status === "stopped",
  );
  await daemon.client.call("start", { name: "job", waiting: true });
  await daemon.client.call("rm", { name: "job", waiting: true });
  assert.equal((await daemon.client.call("numwatchers", {})).numwatchers, 0);
});

test("an essential watcher that ends while everything is stopped does not change the exit code", async (t) => {
  const daemon = await Daemon.start(t, { ini: worker("trap 'exit 9' TERM; : > set; while :; do sleep 0.02; done") });
  await daemon.onlyProcess("job");
  daemon.process.kill("SIGTERM");
  assert.equal(await daemon.exit(), 0);
});

/** In a namespace of its own, where circusd is the first process. */
const ALONE = ["unshare", ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]), "--pid", "--fork", "--mount-proc"];

/** Ends once the orphan that it leaves behind is not even a zombie any more. */
const LEAVES_AN_ORPHAN = `#!/bin/sh
sh -c 'setsid true & echo $! > orphan'
while [ -e /proc/$(cat orphan) ]; do sleep 0.02; done
exit 5
`;

test("circusd as pid 1 reaps orphans and ends with the code of its essential watcher", async (t) => {
  const [program, ...args] = [...ALONE, "true"];
  if (spawnSync(program, args).status !== 0) return t.skip("namespaces are not allowed here");
  const ini = "[watcher:job]\ncmd = ./orphan.sh\nessential = True\nrespawn = False\ncopy_env = True\n";
  const { code, log } = await lived(t, ini, { wrapper: ALONE, files: { "orphan.sh": LEAVES_AN_ORPHAN } });
  assert.equal(code, 5, log);
  assert.match(log, /Starting master on pid 1$/m);
});
