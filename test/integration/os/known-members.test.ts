import assert from "node:assert/strict";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import test from "node:test";
import { fileOfMembers } from "../../../src/os/known-members.js";
import { tempDir } from "../../helpers/temp.js";
import { VirtualClock } from "../../helpers/virtual-clock.js";

const MEMBERS = ["circuit://10.0.0.1:1/2/Q0000000000000001", "circuit://10.0.0.2:1"];

test("what was saved last is there for the next one, in a file of the owner alone", async (t) => {
  const dir = await tempDir(t);
  const clock = new VirtualClock();
  const log: string[] = [];
  const options = { path: dir.join("state", "members.json"), clock, log: { warning: (message: string) => void log.push(message) } };
  const known = fileOfMembers(options);
  assert.deepEqual(known.load(), []);
  known.save(["circuit://10.0.0.9:1"]);
  known.save(MEMBERS);
  assert.equal(clock.armed, 1);
  await known.close();
  assert.deepEqual(fileOfMembers(options).load(), MEMBERS);
  assert.deepEqual([await readdir(dir.join("state")), clock.armed, log], [["members.json"], 0, []]);
  assert.equal((await stat(options.path)).mode & 0o777, 0o600);
});

test("a change is written by itself after a while", async (t) => {
  const dir = await tempDir(t);
  const clock = new VirtualClock();
  const known = fileOfMembers({ path: dir.join("members.json"), clock, log: { warning: (message) => assert.equal(message, "nothing") } });
  known.save(MEMBERS);
  await clock.advance(2);
  await known.close();
  assert.match(await readFile(dir.join("members.json"), "utf8"), /10\.0\.0\.2/);
});

for (const [what, content] of [
  ["is empty", ""],
  ["was cut off", '{"members": ["circuit:'],
  ["holds something else", '{"members": 7}'],
] as const) {
  test(`a file that ${what} is told of once, and written anew`, async (t) => {
    const dir = await tempDir(t);
    const path = dir.join("members.json");
    await writeFile(path, content);
    const log: string[] = [];
    const options = { path, clock: new VirtualClock(), log: { warning: (message: string) => void log.push(message) } };
    const known = fileOfMembers(options);
    assert.deepEqual(known.load(), []);
    assert.match(log.join("\n"), /^Cannot read the members of the circuit in ".*members\.json": .*; it begins with none/);
    known.save(MEMBERS);
    await known.close();
    assert.deepEqual(fileOfMembers(options).load(), MEMBERS);
    assert.equal(log.length, 1);
  });
}

test("a directory that cannot be written is told of once, and nothing else comes of it", async (t) => {
  const dir = await tempDir(t);
  const blocked = await dir.write("blocked", "no directory");
  await chmod(blocked, 0o600);
  const log: string[] = [];
  const clock = new VirtualClock();
  const known = fileOfMembers({ path: `${blocked}/members.json`, clock, log: { warning: (message) => void log.push(message) } });
  for (let round = 0; round < 3; round += 1) {
    known.save([...MEMBERS, String(round)]);
    await known.close();
  }
  assert.equal(log.length, 1);
  assert.match(log[0] ?? "", /^Cannot write the members of the circuit .*; the next start does not know them$/);
});
