import assert from "node:assert/strict";
import test from "node:test";
import { findObstacle, permits, type Credentials, type Entry, type FileTree } from "../../../src/os/access.js";

const NOBODY: Credentials = { uid: 65534, gid: 65534, groups: [65534, 7] };
const ROOT: Credentials = { uid: 0, gid: 0, groups: [] };

function entry(mode: number, more: Partial<Entry> = {}): Entry {
  return { uid: 0, gid: 0, mode, directory: false, target: null, ...more };
}

const directory = (mode: number, more: Partial<Entry> = {}): Entry => entry(mode, { directory: true, ...more });
const link = (target: string): Entry => entry(0o777, { target });

function treeOf(entries: Readonly<Record<string, Entry>>, lists: readonly string[] = []): FileTree {
  return { look: (path) => entries[path] ?? null, hasAcl: (path) => lists.includes(path) };
}

test("permits() lets the first class that fits decide alone", () => {
  const cases: readonly (readonly [Entry, boolean])[] = [
    [entry(0o001), true],
    [entry(0o110), false],
    [entry(0o100, { uid: 65534 }), true],
    [entry(0o011, { uid: 65534 }), false],
    [entry(0o010, { gid: 65534 }), true],
    [entry(0o010, { gid: 7 }), true],
    [entry(0o101, { gid: 7 }), false],
    [directory(0o700), false],
    [directory(0o711), true],
  ];
  for (const [seen, allowed] of cases) assert.equal(permits(seen, NOBODY), allowed, JSON.stringify(seen));
});

test("permits() lets root into every directory and execute what anybody may", () => {
  assert.equal(permits(directory(0o000, { uid: 5 }), ROOT), true);
  assert.equal(permits(entry(0o010, { uid: 5, gid: 5 }), ROOT), true);
  assert.equal(permits(entry(0o666), ROOT), false);
});

test("findObstacle() names the first directory or the file that stands in the way", () => {
  const tree = treeOf({
    "/": directory(0o755),
    "/root": directory(0o700),
    "/root/x": entry(0o755),
    "/bin": directory(0o755),
    "/bin/own": entry(0o700),
    "/bin/all": entry(0o755),
  });
  const find = (file: string): unknown => findObstacle(file, { from: "/", who: NOBODY, tree });
  assert.deepEqual(find("/root/x"), { path: "/root", directory: true });
  assert.deepEqual(find("/bin/own"), { path: "/bin/own", directory: false });
  assert.equal(find("//bin/./all"), null);
  assert.equal(find("/bin/gone"), null);
  assert.equal(findObstacle("/root/x", { from: "/", who: ROOT, tree }), null);
});

test("findObstacle() follows links, and asks for the directories on both sides of them", () => {
  const tree = treeOf({
    "/": directory(0o755),
    "/venv": directory(0o755),
    "/venv/python": link("../root/python"),
    "/venv/abs": link("/bin/python"),
    "/venv/loop": link("loop"),
    "/root": directory(0o700),
    "/root/python": link("/bin/python"),
    "/bin": directory(0o755),
    "/bin/python": link("python3"),
    "/bin/python3": entry(0o755),
  });
  const find = (file: string): unknown => findObstacle(file, { from: "/", who: NOBODY, tree });
  assert.deepEqual(find("/venv/python"), { path: "/root", directory: true });
  assert.equal(find("/venv/abs"), null);
  assert.equal(find("/venv/loop"), null);
});

test("findObstacle() begins relative paths in the directory that is entered already", () => {
  const tree = treeOf({
    "/closed": directory(0o700),
    "/closed/work": directory(0o711),
    "/closed/work/run": entry(0o755),
    "/closed/run": entry(0o755),
  });
  const find = (file: string): unknown => findObstacle(file, { from: "/closed/work", who: NOBODY, tree });
  assert.equal(find("./run"), null);
  assert.deepEqual(find("../run"), { path: "/closed", directory: true });
});

test("findObstacle() leaves a path with an access control list to the kernel", () => {
  const tree = treeOf({ "/": directory(0o755), "/run": entry(0o750) }, ["/run"]);
  assert.equal(findObstacle("/run", { from: "/", who: NOBODY, tree }), null);
});
