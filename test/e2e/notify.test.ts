/** What a service manager hears from a real circusd at a real notify socket. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import test from "node:test";
import { Daemon, isAlive } from "../helpers/daemon.js";
import { environmentOf, eventually, kill } from "../helpers/facts.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";

type Message = Readonly<Record<string, string>>;
type Test = { after(run: () => Promise<void>): void };

const WORKERS = "[watcher:web]\ncmd = sleep 3600\nnumprocesses = 2\ncopy_env = True\n";

/** Listens as systemd does. @returns what was heard so far, oldest first */
async function serviceManager(t: Test, address: string): Promise<readonly Message[]> {
  const heard: Message[] = [];
  const child = spawn("python3", [repositoryPath("test", "fixtures", "hears-notifications.py"), address], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  t.after(async () => {
    child.kill("SIGKILL");
    await gone;
  });
  createInterface({ input: child.stdout }).on("line", (line) => heard.push(JSON.parse(line) as Message));
  await eventually(
    () => heard.length,
    (count) => count === 1,
  );
  heard.length = 0;
  return heard;
}

/** The first message at or after a place that has this name. */
async function next(heard: readonly Message[], name: string, from = 0): Promise<{ readonly message: Message; readonly index: number }> {
  const find = () => heard.findIndex((message, index) => index >= from && Object.hasOwn(message, name));
  const index = await eventually(find, (found) => found >= 0);
  return { message: heard[index] ?? {}, index };
}

for (const kind of ["a path", "an abstract address"]) {
  test(`circusd tells a service manager at ${kind} of its start, a reload, its life and its stop`, async (t) => {
    const dir = await tempDir(t);
    const address = kind === "a path" ? dir.join("notify") : `@circusd-test-${process.pid}`;
    const heard = await serviceManager(t, address);
    const daemon = await Daemon.start(t, { ini: WORKERS, env: { NOTIFY_SOCKET: address, WATCHDOG_USEC: "200000" } });
    const ready = await next(heard, "READY");
    assert.equal(ready.message["STATUS"], "1 watcher active, 2 processes");
    assert.equal(heard[0]?.["STATUS"], "Starting");
    await next(heard, "WATCHDOG", ready.index + 1);
    daemon.process.kill("SIGHUP");
    const reloading = await next(heard, "RELOADING", ready.index);
    assert.match(reloading.message["MONOTONIC_USEC"] ?? "", /^[1-9]\d+$/);
    const again = await next(heard, "READY", reloading.index);
    const worker = environmentOf((await daemon.processes("web", 2))[0] ?? 0);
    assert.deepEqual([worker["NOTIFY_SOCKET"], worker["WATCHDOG_USEC"], worker["WATCHDOG_PID"]], [undefined, undefined, undefined]);
    daemon.process.kill("SIGTERM");
    const stopping = await next(heard, "STOPPING", again.index);
    assert.match(stopping.message["STATUS"] ?? "", /^Stopping/);
    assert.equal(await daemon.exit(), 0);
    assert.equal(heard.filter((message) => message["READY"] === "1").length, 2);
  });
}

test("a quit by command and the end of an essential watcher are told as a stop", async (t) => {
  const dir = await tempDir(t);
  const heard = await serviceManager(t, dir.join("notify"));
  const daemon = await Daemon.start(t, { ini: WORKERS, env: { NOTIFY_SOCKET: dir.join("notify") } });
  await daemon.client.call("quit", {});
  await next(heard, "STOPPING");
  assert.equal(await daemon.exit(), 0);
  assert.deepEqual(
    heard.filter((message) => Object.hasOwn(message, "WATCHDOG")),
    [],
    "nobody asked for signs of life",
  );
});

test("circusd in the background says which process it is, and keeps the watchdog of the one that was started", async (t) => {
  const dir = await tempDir(t);
  const heard = await serviceManager(t, dir.join("notify"));
  await dir.write(
    "circus.ini",
    `[circus]\nendpoint = ipc://${dir.join("c")}\npubsub_endpoint = ipc://${dir.join("e")}\nlogoutput = ${dir.join("log")}\n${WORKERS}`,
  );
  const start = spawn(
    "sh",
    ["-c", 'WATCHDOG_PID=$$ exec "$0" "$@"', process.execPath, repositoryPath("bin", "circusd.js"), "--daemon", dir.join("circus.ini")],
    {
      env: { ...process.env, NOTIFY_SOCKET: dir.join("notify"), WATCHDOG_USEC: "200000" },
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  const { message } = await next(heard, "MAINPID");
  const pid = Number(message["MAINPID"]);
  assert.notEqual(pid, start.pid);
  await next(heard, "READY");
  await next(heard, "WATCHDOG");
  kill(pid, "SIGTERM");
  await next(heard, "STOPPING");
  await eventually(
    () => isAlive(pid),
    (alive) => !alive,
  );
});

test("a notify socket that is missing, is none, or watches another process disturbs nothing", async (t) => {
  const dir = await tempDir(t);
  const missing = await Daemon.start(t, {
    ini: WORKERS,
    env: { NOTIFY_SOCKET: dir.join("nobody"), WATCHDOG_USEC: "1000", WATCHDOG_PID: "1" },
  });
  await missing.logged(/\[WARNING\] Cannot tell the service manager how circusd is: nobody takes it at/);
  const none = await Daemon.start(t, { ini: WORKERS, env: { NOTIFY_SOCKET: "vsock:2:1234", WATCHDOG_USEC: "x" } });
  await none.logged(/is no unix socket's address/);
  for (const daemon of [missing, none]) {
    await daemon.processes("web", 2);
    daemon.process.kill("SIGTERM");
    assert.equal(await daemon.exit(), 0);
    assert.equal(daemon.output.match(/Cannot tell the service manager/g)?.length, 1);
  }
});
