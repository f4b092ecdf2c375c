import assert from "node:assert/strict";
import test from "node:test";
import { dockerEngine, splitImage } from "../../../src/os/docker-engine.js";

test("an image without a tag is the latest, and a port is no tag", () => {
  assert.deepEqual(splitImage("debian"), { name: "debian", tag: "latest" });
  assert.deepEqual(splitImage("debian:12"), { name: "debian", tag: "12" });
  assert.deepEqual(splitImage("host:5000/a/b"), { name: "host:5000/a/b", tag: "latest" });
  assert.deepEqual(splitImage("host:5000/a/b:1.0"), { name: "host:5000/a/b", tag: "1.0" });
  assert.deepEqual(splitImage("debian@sha256:0a"), { name: "debian", tag: "sha256:0a" });
});

test("only unix sockets are spoken to, and a wrong DOCKER_HOST is told with every request", async () => {
  for (const host of ["tcp://10.0.0.1:2375", "unix://relative", "ssh://host"]) {
    assert.deepEqual(await dockerEngine(host).version(), {
      ok: false,
      failure: { kind: "unreachable", message: `DOCKER_HOST is "${host}", and only unix://PATH is spoken here` },
    });
  }
});
