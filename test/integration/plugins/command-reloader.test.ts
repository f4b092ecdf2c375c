import assert from "node:assert/strict";
import { renameSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import test from "node:test";
import { Daemon } from "../../helpers/daemon.js";

const USE = "[plugin:reload]\nuse = circus.plugins.command_reloader.CommandReloader\nloop_rate = 0.05\n";
const WORKER = "#!/bin/sh\nexec sleep 60\n";

/** A circusd whose reloader has looked at these watchers for the first time. */
async function start(t: Parameters<typeof Daemon.start>[0], ini: string, files: Readonly<Record<string, string>>): Promise<Daemon> {
  const daemon = await Daemon.start(t, { circus: "loglevel = debug", ini: USE + ini, files });
  for (const [, name = ""] of ini.matchAll(/^\[watcher:(.*)\]/gm)) await daemon.logged(new RegExp(`"${name}" runs /`));
  return daemon;
}

test("CommandReloader restarts a watcher whose file an editor replaces, or that is touched or written anew", async (t) => {
  const daemon = await start(t, "[watcher:web]\ncmd = ./worker.sh --port 80\n", { "worker.sh": WORKER });
  const file = daemon.dir.join("worker.sh");
  await daemon.dir.write("worker.sh~", WORKER, 0o755);
  renameSync(`${file}~`, file);
  await daemon.event("watcher.web.reap");
  assert.match(daemon.output, /\[INFO\] \/.*\/worker\.sh modified\. Restarting "web"/);
  utimesSync(file, 1000, 1000);
  await daemon.event("watcher.web.reap", 2);
  await daemon.dir.write("worker.sh", `${WORKER}# changed\n`, 0o755);
  await daemon.event("watcher.web.reap", 3);
});

test("CommandReloader follows symbolic links, PATH and working_dir", async (t) => {
  const ini = `[watcher:linked]\ncmd = ./current/run.sh\nworking_dir = app\n[watcher:found]\ncmd = tool\n[env:found]\nPATH = ./bin:/usr/bin:/bin\n`;
  const daemon = await start(t, ini, {
    ...{ "app/v1/run.sh": WORKER, "app/v2/run.sh": WORKER, "bin/tool": WORKER },
    ...{ "app/current/run.sh": WORKER },
  });
  const current = daemon.dir.join("app", "current");
  rmSync(current, { recursive: true });
  symlinkSync("v1", current);
  await daemon.event("watcher.linked.reap");
  symlinkSync("v2", `${current}~`);
  renameSync(`${current}~`, current);
  await daemon.event("watcher.linked.reap", 2);
  assert.match(daemon.output, /\/app\/v2\/run\.sh modified\. Restarting "linked"/);
  await daemon.dir.write("bin/tool", `${WORKER}# changed\n`, 0o755);
  await daemon.event("watcher.found.reap");
});

test("CommandReloader waits for a file that is away, and leaves a stopped watcher stopped", async (t) => {
  const daemon = await start(t, "[watcher:web]\ncmd = ./worker.sh\n[watcher:off]\ncmd = ./worker.sh\n", { "worker.sh": WORKER });
  await daemon.client.call("stop", { name: "off", waiting: true });
  rmSync(daemon.dir.join("worker.sh"));
  await daemon.dir.write("worker.sh", WORKER, 0o755);
  await daemon.event("watcher.web.reap");
  // Watchers are looked at by their names, so this one was looked at as often.
  await daemon.dir.write("worker.sh", `${WORKER}# changed\n`, 0o755);
  await daemon.event("watcher.web.reap", 2);
  assert.equal(await daemon.status("off"), "stopped");
  assert.equal(daemon.count("watcher.plugin:reload.reap"), 0);
});

test("a command that is set is not taken for a changed file: circusd itself replaces the processes", async (t) => {
  const daemon = await start(t, "[watcher:web]\ncmd = ./one.sh\n[watcher:probed]\ncmd = ./one.sh\n", {
    "one.sh": WORKER,
    "two.sh": WORKER,
  });
  await daemon.client.call("set", { name: "web", options: { cmd: "./two.sh" }, waiting: true });
  await daemon.logged(/"web" runs \/.*\/two\.sh/);
  await daemon.dir.write("one.sh", `${WORKER}# changed\n`, 0o755);
  await daemon.logged(/one\.sh modified\. Restarting "probed"/);
  assert.doesNotMatch(daemon.output, /Restarting "web"/);
});
