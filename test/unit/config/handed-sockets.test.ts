import assert from "node:assert/strict";
import test from "node:test";
import { withHandedSockets } from "../../../src/config/handed-sockets.js";
import { ARBITER_DEFAULTS, defaultSocket } from "../../../src/core/options.js";
import type { Loaded } from "../../../src/core/spec.js";

const web = defaultSocket("web");

function loaded(sockets: readonly string[], faulty: readonly string[] = []): Loaded {
  return {
    config: { arbiter: ARBITER_DEFAULTS, sockets: sockets.map(defaultSocket), watchers: [], plugins: [], cluster: null },
    diagnostics: [],
    faulty: { arbiter: false, cluster: false, watchers: [], sockets: faulty, plugins: [] },
  };
}

test("a socket that was handed over is part of the configuration unless a section describes it, also a faulty one", () => {
  const names = (result: Loaded) => result.config.sockets.map(({ name }) => name);
  assert.deepEqual(names(withHandedSockets(loaded(["admin"]), [web])), ["admin", "web"]);
  assert.deepEqual(names(withHandedSockets(loaded(["web"]), [{ ...web, port: 1 }])), ["web"]);
  assert.equal(withHandedSockets(loaded(["web"]), [{ ...web, port: 1 }]).config.sockets[0]?.port, 8080);
  assert.deepEqual(names(withHandedSockets(loaded([], ["web"]), [web])), []);
});
