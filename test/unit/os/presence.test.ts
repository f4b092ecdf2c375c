import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import test from "node:test";
import { isListening } from "../../../src/os/presence.js";
import { freePort } from "../../helpers/free-port.js";
import { tempDir } from "../../helpers/temp.js";

test("isListening() tells whether somebody listens, at ports and at paths", async (t) => {
  const dir = await tempDir(t);
  const port = await freePort();
  const ends = [`tcp://127.0.0.1:${port}`, `ipc://${dir.join("control.sock")}`];
  assert.deepEqual(await Promise.all(ends.map(isListening)), [false, false]);
  for (const at of [port, dir.join("control.sock")]) {
    const server = createServer((socket) => socket.destroy()).listen(at);
    t.after(() => server.close());
    await once(server, "listening");
  }
  assert.deepEqual(await Promise.all(ends.map(isListening)), [true, true]);
});

test("isListening() finds nobody at what is no endpoint", async () => {
  for (const endpoint of ["", "tcp://127.0.0.1", "tcp://127.0.0.1:99999", "inproc://x", "ipc://"]) {
    assert.equal(await isListening(endpoint), false, endpoint);
  }
});
