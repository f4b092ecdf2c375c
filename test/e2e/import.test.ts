/** What circusctl imports, runs: programs of a supervisord.conf and of an ecosystem file, as they ran before. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { Daemon } from "../helpers/daemon.js";
import { commandOf, environmentOf, fileWith, linkOf, statusOf } from "../helpers/facts.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir, type TempDir } from "../helpers/temp.js";

const CONF = `[supervisord]
environment=SHARED="of all",PLACE="%(here)s"

[program:numbers]
command=sh -c 'echo "number $0 of $NAME"; echo oops >&2; exec sleep 3600' %(process_num)02d
process_name=%(program_name)s_%(process_num)02d
numprocs=2
directory=%(here)s
umask=027
environment=NAME="the; $HOME"
stdout_logfile=%(here)s/numbers-%(process_num)d.log
redirect_stderr=true
autorestart=true

[include]
files=more/*.conf
`;

const MORE = "[program:more]\ncommand=sleep 3600\nautostart=false\n";

const ECOSYSTEM = `module.exports = {
  apps: [{ name: "app", script: "app.js", args: ["a b", "c;d"], env: { N: 1 }, out_file: "app.log", kill_timeout: 20000 }],
};
`;

const APP =
  'console.log(process.argv.slice(2).join("|"), process.env.N); setInterval(() => {}, 1000); process.on("SIGINT", () => process.exit(0));\n';

function run(program: string, dir: TempDir, ...args: readonly string[]): { readonly code: number | null; readonly stdout: string } {
  const { status, stdout } = spawnSync(process.execPath, [repositoryPath("bin", program), ...args], { cwd: dir.path, encoding: "utf8" });
  return { code: status, stdout };
}

test("programs of supervisord and PM2 run as they ran there", async (t) => {
  const dir = await tempDir(t);
  await dir.write("supervisord.conf", CONF);
  await dir.write("more/jobs.conf", MORE);
  await dir.write("ecosystem.config.cjs", ECOSYSTEM);
  await dir.write("app.js", APP);
  const imported = ["supervisord.conf", "ecosystem.config.cjs"].map((file) => run("circusctl.js", dir, "import", file));
  assert.deepEqual(
    imported.map(({ code }) => code),
    [0, 0],
  );
  const ini = imported.map(({ stdout }) => stdout).join("\n");
  await dir.write("check.ini", ini);
  const check = run("circusd.js", dir, "--check", "check.ini");
  assert.deepEqual(check, { code: 0, stdout: "check.ini: ok, 4 watchers, 0 sockets, 0 plugins; no faults\n" });

  const daemon = await Daemon.start(t, { dir, ini });
  assert.equal((await daemon.ctl("status")).stdout, "app: active\nmore: stopped\nnumbers_00: active\nnumbers_01: active\n");
  for (const number of ["00", "01"]) {
    await fileWith(dir.join(`numbers-${Number(number)}.log`), new RegExp(`^number ${number} of the; \\$HOME\noops\n$`));
    const pid = await daemon.onlyProcess(`numbers_${number}`);
    assert.equal(linkOf(pid, "cwd"), dir.path);
    assert.deepEqual(statusOf(pid, "Umask"), ["0027"]);
    const { SHARED, PLACE, PATH } = environmentOf(pid);
    assert.deepEqual([SHARED, PLACE, PATH], ["of all", dir.path, process.env["PATH"]]);
  }
  await fileWith(dir.join("app.log"), /^a b\|c;d 1\n$/);
  const app = await daemon.onlyProcess("app");
  assert.deepEqual(commandOf(app), ["node", "app.js", "a b", "c;d"]);
  // It ends by SIGINT alone: SIGTERM would be the signal in its reap.
  await daemon.ctl("stop", "app", "--waiting");
  assert.match(JSON.stringify((await daemon.event("watcher.app.reap")).payload), /"exit_code":0/);
});
