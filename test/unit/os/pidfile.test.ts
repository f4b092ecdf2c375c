import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { claimPidfile } from "../../../src/os/pidfile.js";
import { tempDir } from "../../helpers/temp.js";

async function pidOfTheDead(): Promise<number> {
  const child = spawn("true");
  await once(child, "exit");
  assert.ok(child.pid !== undefined);
  return child.pid;
}

test("a pid file holds the pid and a line end, is readable by all and goes with its process", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "circusd.pid");
  const claimed = claimPidfile(path);
  assert.ok(claimed.ok);
  assert.equal(readFileSync(path, "utf8"), `${process.pid}\n`);
  assert.equal(statSync(path).mode & 0o444, 0o444);
  assert.deepEqual(readdirSync(folder.path), ["circusd.pid"]);
  claimed.value.release();
  assert.equal(existsSync(path), false);
  claimed.value.release();
});

test("a pid file of a process that is gone, or without a pid, is replaced", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "circusd.pid");
  for (const content of [`${await pidOfTheDead()}\n`, "", "garbage", "0", "-5"]) {
    writeFileSync(path, content);
    assert.ok(claimPidfile(path).ok, content);
    assert.equal(readFileSync(path, "utf8"), `${process.pid}\n`);
  }
  assert.deepEqual(readdirSync(folder.path), ["circusd.pid"]);
});

test("a pid file of a living process is left alone and named with its pid", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "circusd.pid");
  writeFileSync(path, `${process.ppid}\n`);
  const claimed = claimPidfile(path);
  assert.ok(!claimed.ok);
  assert.match(claimed.failure, new RegExp(`process ${process.ppid} of pid file "${path}" is alive`));
  assert.equal(readFileSync(path, "utf8"), `${process.ppid}\n`);
});

test("a pid file that already names this process is its own", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "circusd.pid");
  assert.ok(claimPidfile(path).ok);
  assert.ok(claimPidfile(path).ok);
});

test("a pid file that another process took over is not removed", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "circusd.pid");
  const claimed = claimPidfile(path);
  assert.ok(claimed.ok);
  writeFileSync(path, "1\n");
  claimed.value.release();
  assert.equal(readFileSync(path, "utf8"), "1\n");
});

test("a pid file that cannot be written fails with its path and leaves nothing behind", async () => {
  await using folder = await tempDir();
  for (const path of [join(folder.path, "absent", "circusd.pid"), folder.path]) {
    const claimed = claimPidfile(path);
    assert.ok(!claimed.ok && claimed.failure.includes(`"${path}"`), claimed.ok ? "claimed" : claimed.failure);
  }
  assert.deepEqual(readdirSync(folder.path), []);
  mkdirSync(join(folder.path, "absent"));
});
