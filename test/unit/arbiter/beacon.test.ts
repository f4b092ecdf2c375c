/** What a daemon answers to those who look for daemons, in a network of memory. */
import assert from "node:assert/strict";
import test from "node:test";
import { Beacon } from "../../../src/arbiter/beacon.js";
import type { Question } from "../../../src/core/ports.js";

const GROUP = "udp://239.1.2.3:4567";

function stage(failure: string | null = null) {
  const logged: string[] = [];
  const groups: string[] = [];
  let answer: (question: Question) => string | null = () => null;
  const world = { now: 0, open: 0 };
  const log = (message: string) => void logged.push(message);
  const beacon = new Beacon({
    discovery: {
      listen: async ({ host, port }, answers) => {
        groups.push(`${host}:${port}`);
        if (failure !== null) return { ok: false, failure };
        answer = answers;
        world.open += 1;
        return { ok: true, value: { close: () => void (world.open -= 1) } };
      },
    },
    clock: { now: () => world.now },
    log: { info: log, warning: log },
  });
  const ask = (host = "192.0.2.1", more: Partial<Question> = {}) => answer({ text: "who is there?", host, isOwn: false, ...more });
  return { beacon, ask, logged, groups, world };
}

test("a daemon answers with its endpoint, whatever it is asked", async () => {
  const { beacon, ask, groups, logged } = stage();
  await beacon.answerAt(GROUP, "tcp://192.0.2.7:5555");
  assert.deepEqual(groups, ["239.1.2.3:4567"]);
  assert.deepEqual(logged, [`Can be discovered at ${GROUP}`]);
  for (const text of ["", "{}", "garbage \0"]) assert.equal(ask("192.0.2.1", { text }), '{"endpoint": "tcp://192.0.2.7:5555"}');
});

test("an endpoint that only this host can reach is told to this host alone", async () => {
  for (const endpoint of ["tcp://127.0.0.1:5555", "tcp://localhost:5555", "tcp://[::1]:5555", "ipc:///run/circus.sock"]) {
    const { beacon, ask } = stage();
    await beacon.answerAt(GROUP, endpoint);
    assert.equal(ask(), null, endpoint);
    assert.equal(ask("192.0.2.1", { isOwn: true }), `{"endpoint": "${endpoint}"}`);
  }
});

test("an answer is not answered, so that daemons cannot be made to talk to each other", async () => {
  const { beacon, ask } = stage();
  await beacon.answerAt(GROUP, "tcp://0.0.0.0:5555");
  assert.equal(ask("192.0.2.1", { text: '{"endpoint": "tcp://192.0.2.9:5555"}' }), null);
});

test("a stream of questions gets ten answers a second, one from many hosts fifty", async () => {
  const { beacon, ask, world } = stage();
  await beacon.answerAt(GROUP, "tcp://0.0.0.0:5555");
  const answers = (hosts: (index: number) => string) =>
    Array.from({ length: 1000 }, (_, index) => ask(hosts(index))).filter(Boolean).length;
  assert.equal(
    answers(() => "192.0.2.1"),
    10,
  );
  assert.equal(ask("192.0.2.2") === null, false, "others are still answered");
  world.now += 1000;
  assert.equal(
    answers((index) => `10.0.0.${index % 200}`),
    50,
  );
});

test("without an address nothing is opened, another address closes the one before, and a failure is only told", async () => {
  const { beacon, groups, world } = stage();
  await beacon.answerAt("", "tcp://0.0.0.0:5555");
  assert.deepEqual(groups, []);
  await beacon.answerAt(GROUP, "tcp://0.0.0.0:5555");
  await beacon.answerAt("udp://239.1.2.4:1", "tcp://0.0.0.0:5555");
  assert.equal(world.open, 1);
  beacon.close();
  assert.equal(world.open, 0);
  await beacon.answerAt(GROUP, "tcp://0.0.0.0:5555");
  assert.equal(world.open, 0, "one that was closed stays closed");
  const deaf = stage("bind EADDRINUSE");
  await deaf.beacon.answerAt(GROUP, "tcp://0.0.0.0:5555");
  assert.deepEqual(deaf.logged, [`Cannot be discovered at "${GROUP}": bind EADDRINUSE; everything else works`]);
});
