import assert from "node:assert/strict";
import test from "node:test";
import { publicAddress } from "../../../src/client/publishers.js";
import { circusctl, refusal } from "../../helpers/circusctl.js";

test("publicAddress() puts the asked host in place of all interfaces", () => {
  assert.equal(publicAddress("tcp://*:5556", "tcp://web1:5555"), "tcp://web1:5556");
  assert.equal(publicAddress("tcp://0.0.0.0:5556", "tcp://[fe80::1]:5555"), "tcp://[fe80::1]:5556");
  assert.equal(publicAddress("tcp://0.0.0.0:5556", "ipc:///run/circus.sock"), "tcp://127.0.0.1:5556");
  assert.equal(publicAddress("tcp://10.0.0.1:5556", "tcp://web1:5555"), "tcp://10.0.0.1:5556");
  assert.equal(publicAddress("ipc:///run/pub", "tcp://web1:5555"), "ipc:///run/pub");
});

test("listen asks where the daemon publishes, and ends with 1 when it is interrupted", async () => {
  const stop = new AbortController();
  const answer = () => {
    setImmediate(() => stop.abort());
    return { options: { pubsub_endpoint: "tcp://127.0.0.1:5556" } };
  };
  const { code, requests, stderr } = await circusctl(["listen", "watcher.web."], { answer, interrupt: stop.signal });
  assert.deepEqual(requests, [{ command: "globaloptions", properties: { option: "pubsub_endpoint" } }]);
  assert.deepEqual([code, stderr], [1, ""]);
});

test("listen takes a silent --endpoint for a pubsub endpoint and says so", async () => {
  const stop = new AbortController();
  const argv = ["--timeout", "0.02", "--endpoint", "tcp://far:5556", "listen"];
  const { code, stderr } = await circusctl(argv, {
    answer: () => null,
    endpoint: "tcp://far:5556",
    interrupt: stop.signal,
    observe: () => stop.abort(),
  });
  assert.equal(stderr, 'No circusd answers at "tcp://far:5556": listening there as at a pubsub endpoint\n');
  assert.equal(code, 1);
});

test("listen ends with 1 where the daemon does not tell its endpoint or does not answer", async () => {
  const refused = await circusctl(["listen"], { answer: () => refusal("no") });
  assert.deepEqual(
    [refused.code, refused.stderr],
    [1, 'Cannot listen: the daemon at "tcp://127.0.0.1:5555" does not tell its pubsub_endpoint\n'],
  );
  const silent = await circusctl(["--timeout", "0.02", "listen"], { answer: () => null });
  assert.match(silent.stderr, /^Timed out\./);
  assert.equal(silent.code, 1);
});
