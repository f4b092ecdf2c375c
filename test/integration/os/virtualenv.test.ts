import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import test from "node:test";
import { findVirtualenv } from "../../../src/os/virtualenv.js";
import { tempDir } from "../../helpers/temp.js";

test("findVirtualenv() finds programs, packages and what .pth files add", async (t) => {
  const dir = await tempDir(t);
  const site = dir.join("lib", "python3.11", "site-packages");
  await dir.write("bin/python", "");
  await dir.write("lib/python3.11/site-packages/a.pth", "# note\nimport nothing\n../extra\n/nowhere/at/all\n\n");
  await mkdir(dir.join("lib", "python3.11", "extra"));
  const expected = { ok: true, value: { bin: dir.join("bin"), packages: [dir.join("lib/python3.11/extra")], sitePackages: site } };
  assert.deepEqual(findVirtualenv(dir.path, "3.11"), expected);
  assert.deepEqual(findVirtualenv(dir.path, null), expected);
});

test("findVirtualenv() takes the newest Python where none is asked for", async (t) => {
  const dir = await tempDir(t);
  for (const name of ["python3.9", "python3.11"]) await mkdir(dir.join("lib", name, "site-packages"), { recursive: true });
  const newest = { bin: null, packages: [], sitePackages: dir.join("lib/python3.11/site-packages") };
  assert.deepEqual(findVirtualenv(dir.path, null), { ok: true, value: newest });
});

test("findVirtualenv() says what it looked for", async (t) => {
  const dir = await tempDir(t);
  const wrong = findVirtualenv(dir.path, "2.6");
  assert.ok(!wrong.ok);
  assert.match(wrong.failure, /python2\.6\/site-packages" nor ".*pypy2\.6/);
  const empty = findVirtualenv(dir.path, null);
  assert.ok(!empty.ok);
  assert.match(empty.failure, /no Python under/);
});
