/** The first thing that anyone runs: examples/quickstart, on a port and an endpoint of the test's own. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import test from "node:test";
import { eventually, kill } from "../helpers/facts.js";
import { freePort } from "../helpers/free-port.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";

test("the quickstart answers from its workers, and goes on answering when one is killed", async (t) => {
  const dir = await tempDir(t);
  const port = await freePort();
  const console = await freePort();
  const ini = await readFile(repositoryPath("examples/quickstart/circus.ini"), "utf8");
  const endpoints = ["endpoint", "pubsub_endpoint", "stats_endpoint"].map((name) => `${name} = ipc://${dir.join(name)}\n`).join("");
  const own = ini.replace(/^port = 8080$/m, `port = ${port}`).replace(/^httpd_port = \d+$/m, `httpd_port = ${console}`);
  await dir.write("circus.ini", `${own}\n[circus]\n${endpoints}`);
  await copyFile(repositoryPath("examples/quickstart/server.js"), dir.join("server.js"));

  const daemon = spawn(process.execPath, [repositoryPath("bin/circusd.js"), "circus.ini"], {
    cwd: dir.path,
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => daemon.kill("SIGKILL"));
  const exited = once(daemon, "exit");
  const lines = createInterface({ input: daemon.stdout })[Symbol.asyncIterator]();
  /** The pid of the next worker that says it is up. */
  const nextWorker = async (): Promise<number> => {
    for (;;) {
      const line: IteratorResult<string, unknown> = await lines.next();
      assert.ok(line.done !== true, "circusd has ended");
      const pid = /worker \d+ is up, pid (\d+)/.exec(line.value)?.[1];
      if (pid !== undefined) return Number(pid);
    }
  };
  const answeringWorker = async (): Promise<number> => {
    const reply = await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } })).text();
    return Number(/^Hello from worker \d+, pid (\d+)\n$/.exec(reply)?.[1]);
  };

  const first = [await nextWorker(), await nextWorker()];
  const victim = await answeringWorker();
  assert.ok(first.includes(victim), `${victim} is none of ${first.join(", ")}`);

  const page = await eventually(
    () => fetch(`http://127.0.0.1:${console}/`).catch(() => null),
    (answer) => answer?.status === 200,
  );
  assert.match((await page?.text()) ?? "", /<html/);

  kill(victim, "SIGKILL");
  const successor = await nextWorker();
  assert.ok(!first.includes(successor));
  assert.ok([...first, successor].includes(await answeringWorker()));

  daemon.kill("SIGTERM");
  assert.deepEqual(await exited, [0, null]);
  for (const pid of [...first, successor]) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});
