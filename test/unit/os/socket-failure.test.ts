import assert from "node:assert/strict";
import test from "node:test";
import { bindFailure, describePlace, explain } from "../../../src/os/socket-failure.js";
import { socketSpec } from "../../helpers/sockets.js";

test("a refused port is told with the right that is missing", () => {
  const spec = socketSpec({ port: 80 });
  assert.equal(
    bindFailure(spec, explain(spec, "bind", "EACCES")),
    'Cannot bind socket "web" to 127.0.0.1:80: permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE',
  );
});

test("an IPv6 host is written in brackets, a path in quotes", () => {
  assert.equal(describePlace(socketSpec({ family: "AF_INET6", host: "::1", port: 80 })), "[::1]:80");
  assert.equal(describePlace(socketSpec({ family: "AF_UNIX", path: "/run/web.sock" })), '"/run/web.sock"');
});

test("each step explains an errno in its own way, and one that nobody foresaw in the system's words", () => {
  const spec = socketSpec({ interface: "eth7" });
  assert.match(explain(spec, "interface", "EPERM"), /"eth7" is not permitted; run circusd as root or with CAP_NET_RAW/);
  assert.match(explain(spec, "socket", "EPERM"), /type SOCK_STREAM is not permitted/);
  assert.match(explain(spec, "socket", "EMFILE"), /too many open files; raise the limit/);
  assert.match(explain(spec, "listen", "EADDRINUSE"), /address in use/);
  assert.match(explain(socketSpec({ family: "AF_UNIX", path: "/x" }), "bind", "EADDRINUSE"), /a file stands there already/);
  assert.equal(explain(spec, "bind", "ENOBUFS"), "no buffer space available (ENOBUFS)");
  assert.equal(explain(spec, "bind", "EWEIRD"), "EWEIRD");
});
