/** The hosts that tests of the circuit run on. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";
import test, { type TestContext } from "node:test";
import { eventually } from "../../helpers/facts.js";
import { openHosts, withoutHosts, type Host } from "../../helpers/hosts.js";
import { repositoryPath } from "../../helpers/root.js";
import { withoutPython } from "../../helpers/sockets.js";

const skip = withoutHosts();
const FIXTURE = repositoryPath("test", "fixtures", "echoes-datagrams.js");

interface Pair {
  readonly one: Host;
  readonly other: Host;
  /** How many of so many datagrams come back. */
  readonly echoes: (count: number) => Promise<number>;
}

async function openPair(t: TestContext): Promise<Pair> {
  const [one, other] = await openHosts(t, 2);
  assert.ok(one && other);
  const { stdout } = other.start(process.execPath, [FIXTURE]);
  assert.ok(stdout);
  await once(createInterface({ input: stdout }), "line");
  const echoes = async (count: number): Promise<number> =>
    Number((await one.run(process.execPath, FIXTURE, other.address, String(count))).stdout);
  return { one, other, echoes };
}

test("hosts reach each other until a cable is out, and again when it is in", { skip }, async (t) => {
  const { one, other, echoes } = await openPair(t);
  await eventually(() => echoes(1), Boolean);
  await other.unplug();
  assert.equal(await echoes(1), 0);
  await other.plug();
  await eventually(() => echoes(1), Boolean);
  await one.setPatience(3);
  assert.deepEqual(await one.run("cat", "/proc/sys/net/ipv4/tcp_retries2"), { code: 0, stdout: "3\n", stderr: "" });
  assert.notEqual((await other.run("cat", "/proc/sys/net/ipv4/tcp_retries2")).stdout, "3\n");
});

test("a bad cable loses its share of what passes, until it is mended", { skip: skip || withoutPython() }, async (t) => {
  const { one, echoes } = await openPair(t);
  await eventually(() => echoes(1), Boolean);
  await one.lose({ sending: 0, receiving: 1 });
  assert.equal(await echoes(1), 0);
  await one.lose({ sending: 0.5, receiving: 0 });
  await eventually(
    () => echoes(100),
    (count) => count > 20 && count < 80,
  );
  await one.mend();
  await eventually(
    () => echoes(100),
    (count) => count === 100,
  );
});
