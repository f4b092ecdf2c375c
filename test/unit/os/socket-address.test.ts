import assert from "node:assert/strict";
import test from "node:test";
import { decodeAddress, decodePort, encodeInternet, encodeUnix, withPort } from "../../../src/os/socket-address.js";
import { parseProtocols, protocolNumber } from "../../../src/os/socket-protocol.js";

test("an IPv4 address has its port and its four bytes in network order", () => {
  const bytes = encodeInternet("AF_INET", { host: "192.0.2.10", port: 8080, scope: 0 });
  assert.equal(bytes.length, 16);
  assert.equal(bytes.subarray(2, 8).toString("hex"), "1f90c000020a");
});

test("an IPv6 address is written out whole, however it was shortened", () => {
  const cases = {
    "::": "00000000000000000000000000000000",
    "::1": "00000000000000000000000000000001",
    "2001:db8::": "20010db8000000000000000000000000",
    "2001:db8::7:0:9": "20010db8000000000000000700000009",
    "1:2:3:4:5:6:7:8": "00010002000300040005000600070008",
    "::ffff:192.0.2.10": "00000000000000000000ffffc000020a",
    "64:ff9b::1.2.3.4": "0064ff9b000000000000000001020304",
  };
  for (const [host, hex] of Object.entries(cases)) {
    const bytes = encodeInternet("AF_INET6", { host, port: 443, scope: 3 });
    assert.equal(bytes.length, 28);
    assert.equal(bytes.subarray(8, 24).toString("hex"), hex, host);
    assert.equal(decodePort(bytes), 443);
  }
});

test("withPort() changes the port of a copy", () => {
  const bytes = encodeInternet("AF_INET", { host: "127.0.0.1", port: 0, scope: 0 });
  assert.equal(decodePort(withPort(bytes, 65535)), 65535);
  assert.equal(decodePort(bytes), 0);
});

test("a unix address ends with a NUL and keeps UTF-8", () => {
  assert.equal(encodeUnix("/tmp/ü").subarray(2).toString("hex"), "2f746d702fc3bc00");
});

test("an address is read back as it was written, of whichever family", () => {
  const inet = decodeAddress(encodeInternet("AF_INET", { host: "192.0.2.10", port: 80, scope: 0 }));
  assert.deepEqual(inet, { family: "AF_INET", address: { host: "192.0.2.10", port: 80 } });
  const inet6 = decodeAddress(encodeInternet("AF_INET6", { host: "2001:db8::1", port: 443, scope: 0 }));
  assert.deepEqual(inet6, { family: "AF_INET6", address: { host: "2001:db8::1", port: 443 } });
  assert.deepEqual(decodeAddress(encodeUnix("/run/x")), { family: "AF_UNIX", address: { path: "/run/x" } });
  const abstract = Buffer.concat([encodeUnix("").subarray(0, 2), Buffer.from("\0web")]);
  assert.deepEqual(decodeAddress(abstract), { family: "AF_UNIX", address: { path: "@web" } });
  assert.equal(decodeAddress(Buffer.from([16, 0, 0, 0])), null, "of netlink");
});

test("protocols are found by name, alias and number", () => {
  assert.equal(protocolNumber("icmp"), 1);
  assert.equal(protocolNumber("TCP"), 6);
  assert.equal(protocolNumber("41"), 41);
  assert.equal(protocolNumber(17), 17);
  assert.equal(protocolNumber("nonsense"), null);
  assert.equal(protocolNumber("constructor"), null);
});

test("parseProtocols() reads names and aliases and leaves comments out", () => {
  const found = parseProtocols("# all of them\nip\t0\tIP\t# internet protocol\nudp 17 UDP\n\nbroken line\n");
  assert.deepEqual(
    [...found],
    [
      ["ip", 0],
      ["udp", 17],
    ],
  );
});
