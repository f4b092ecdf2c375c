/** --ssh of the programs against Debian's openssh-server on loopback. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import test, { type TestContext } from "node:test";
import { Daemon, descendants, isAlive } from "../helpers/daemon.js";
import { commandOf, eventually, fileWith, kill } from "../helpers/facts.js";
import { repositoryPath } from "../helpers/root.js";
import { freePort } from "../helpers/free-port.js";
import { Sshd, withoutSshd } from "../helpers/sshd.js";

const WEB = "[watcher:web]\ncmd = sleep 600\n";
const skip = withoutSshd();

interface Invocation {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface Running {
  readonly pid: number;
  /** What it has written so far to both. */
  readonly output: () => string;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** Starts a program of ours with the ssh of the test before all others. */
function run(program: string, { args, env }: Invocation): Running {
  const child = spawn(process.execPath, [repositoryPath("bin", `${program}.js`), ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(() => ({ code: child.exitCode, stdout, stderr }));
  if (child.pid === undefined) throw new Error(`${program} did not start`);
  return { pid: child.pid, output: () => stdout + stderr, ended };
}

function circusctl(sshd: Sshd, daemon: Daemon, ...args: readonly string[]): Running {
  const route = ["--endpoint", daemon.endpoint, "--ssh", sshd.server, "--ssh_keyfile", sshd.key];
  return run("circusctl", { args: [...route, ...args], env: sshd.env });
}

/** The processes of ssh below a program. */
function tunnels(pid: number): readonly number[] {
  return descendants(pid).filter((each) => {
    try {
      return /(^|\/)ssh$/.test(commandOf(each)[0] ?? "");
    } catch {
      return false;
    }
  });
}

async function far(t: TestContext): Promise<readonly [Sshd, Daemon]> {
  return [await Sshd.start(t), await Daemon.start(t, { ini: WEB })];
}

test("circusctl --ssh asks a circusd behind an ssh server, and tells what it answers", { skip }, async (t) => {
  const [sshd, daemon] = await far(t);
  const pid = await daemon.onlyProcess("web");
  const listed = await circusctl(sshd, daemon, "list", "web").ended;
  assert.deepEqual(listed, { code: 0, stdout: `${pid}\n`, stderr: "" });
  const refused = await circusctl(sshd, daemon, "list", "none").ended;
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /none/);
  const restarted = await circusctl(sshd, daemon, "restart", "web", "--waiting").ended;
  assert.deepEqual([restarted.code, restarted.stderr], [0, ""]);
  assert.notEqual(await daemon.onlyProcess("web"), pid);
  await eventually(
    () => sshd.connections,
    (count) => count === 0,
  );
});

test("circusctl --ssh tells of a key that is refused, and of a server that is not there, and exits with 1", { skip }, async (t) => {
  const [sshd, daemon] = await far(t);
  const route = ["--endpoint", daemon.endpoint, "--ssh", sshd.server];
  const ask = (key: string) => run("circusctl", { args: [...route, "--ssh_keyfile", key, "list"], env: sshd.env }).ended;
  const refused = await ask(sshd.stranger);
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  const head = `Cannot reach "${daemon.endpoint}" through ssh to "${sshd.server}": ssh ended with exit code 255: `;
  assert.ok(refused.stderr.startsWith(head), refused.stderr);
  assert.match(refused.stderr, /: Permission denied \(publickey\)\.\n$/);
  const missing = await ask(daemon.dir.join("no-such-key"));
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /no-such-key/);
  await sshd.stop();
  const gone = await ask(sshd.key);
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /ssh ended with exit code 255: .*Connection refused\n$/);
});

test("circusctl --ssh ends with ssh's own words when the server goes while it listens", { skip }, async (t) => {
  const [sshd, daemon] = await far(t);
  const listening = circusctl(sshd, daemon, "listen");
  await eventually(
    async () => {
      await daemon.client.call("restart", { name: "web", waiting: true });
      return listening.output();
    },
    (text) => text.includes("watcher.web.spawn"),
  );
  await sshd.stop();
  const { code, stderr } = await listening.ended;
  assert.equal(code, 1);
  assert.match(stderr, /^Lost the way through ssh to ".*@127\.0\.0\.1:\d+": ssh ended with exit code 255/);
});

for (const signal of ["SIGINT", "SIGKILL"] as const) {
  test(`the ssh that circusctl started ends with it, also by ${signal}`, { skip }, async (t) => {
    const [sshd, daemon] = await far(t);
    const listening = circusctl(sshd, daemon, "listen");
    await eventually(
      () => tunnels(listening.pid).length,
      (count) => count === 2,
    );
    const ssh = tunnels(listening.pid);
    kill(listening.pid, signal);
    await listening.ended;
    await eventually(
      () => ssh.filter(isAlive),
      (alive) => alive.length === 0,
    );
    await eventually(
      () => sshd.connections,
      (count) => count === 0,
    );
  });
}

test("circus-top --ssh shows the figures of a circusd behind an ssh server, from a port there", { skip }, async (t) => {
  const sshd = await Sshd.start(t);
  const endpoint = `tcp://127.0.0.1:${await freePort()}`;
  const daemon = await Daemon.start(t, { ini: WEB, circus: `statsd = True\nstats_endpoint = ${endpoint}` });
  const pid = await daemon.onlyProcess("web");
  const args = ["--endpoint", endpoint, "--ssh", sshd.server, "--ssh_keyfile", sshd.key, "--once"];
  const { code, stdout, stderr } = await run("circus-top", { args, env: sshd.env }).ended;
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, new RegExp(`^web +${pid} `, "m"));
});

test("circus-plugin --ssh hears a circusd behind an ssh server, and fails when the server goes", { skip }, async (t) => {
  const [sshd, daemon] = await far(t);
  const log = daemon.dir.join("heard.log");
  const plugin = repositoryPath("test", "fixtures", "plugins", "logs-events.js");
  await daemon.dir.write("logger.mjs", readFileSync(plugin));
  const route = ["--endpoint", daemon.endpoint, "--pubsub", daemon.pubsub, "--ssh", sshd.server];
  const args = [...route, "--config", JSON.stringify({ filename: log }), daemon.dir.join("logger.mjs")];
  const running = run("circus-plugin", { args, env: sshd.envWithKey });
  await fileWith(log, /^ready/);
  await eventually(
    async () => {
      await daemon.client.call("restart", { name: "web", waiting: true });
      return readFileSync(log, "utf8");
    },
    (text) => /^spawn web /m.test(text),
  );
  await sshd.stop();
  const { code, stderr } = await running.ended;
  assert.equal(code, 1);
  assert.match(stderr, /\[CRITICAL\] Lost the way through ssh to ".*": ssh ended with exit code 255/);
  assert.doesNotMatch(stderr, /\n +at /);
});
