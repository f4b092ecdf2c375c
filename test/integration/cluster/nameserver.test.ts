/** The name server, asked by dig. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import test, { type TestContext } from "node:test";
import { promisify } from "node:util";
import * as v from "valibot";
import type { IncomingCall } from "../../../src/circuit/conversation.js";
import { makeNameserver, type Nameserver } from "../../../src/cluster/nameserver/nameserver.js";
import { openDns } from "../../../src/os/dns-sockets.js";
import { nameserverStatSchema } from "../../../src/wire/circuit/contract.js";
import { CircuitError } from "../../../src/wire/circuit/errors.js";
import { without } from "../../helpers/partners.js";

const run = promisify(execFile);
const skip = without("dig", "-v");

/** These handlers do not look at their call. */
const CALL = {} as IncomingCall;

async function start(t: TestContext, records: readonly string[] = []): Promise<{ server: Nameserver; port: string }> {
  const server = await makeNameserver(openDns, "127.0.0.1:0", "n1");
  t.after(() => server.scrub(false));
  for (const record of records) await server.handlers.set?.(CALL, { path: [], record });
  return { server, port: server.address.split(":").at(-1) ?? "" };
}

async function dig(port: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run("dig", ["@127.0.0.1", "-p", port, "+time=2", "+tries=1", ...args]);
  return stdout;
}

const RECORDS = [
  "miek.nl. 3600 IN SOA ns.miek.nl. root.miek.nl. 1 2 3 4 60",
  "miek.nl. 3600 IN MX 10 mx.miek.nl.",
  "miek.nl. 3600 IN MX 20 mx2.miek.nl.",
  "www.miek.nl 60 IN A 10.0.0.1",
  "www.miek.nl. 60 IN A 10.0.0.2",
  "www.miek.nl. 60 IN AAAA 2001:db8::1",
  "alias.miek.nl. 60 IN CNAME www.miek.nl.",
  'txt.miek.nl. 60 IN TXT "one two" three',
  "_sip._tcp.miek.nl. 60 IN SRV 0 5 5060 sip.miek.nl.",
  'miek.nl. 60 IN CAA 0 issue "ca.example"',
];

for (const transport of ["+notcp", "+tcp"]) {
  test(`dig ${transport} gets every record of the type it asks for`, { skip }, async (t) => {
    const { port } = await start(t, RECORDS);
    assert.equal(await dig(port, transport, "+short", "miek.nl", "MX"), "10 mx.miek.nl.\n20 mx2.miek.nl.\n");
    assert.equal(await dig(port, transport, "+short", "www.miek.nl", "A"), "10.0.0.1\n10.0.0.2\n");
    assert.equal(await dig(port, transport, "+short", "www.miek.nl", "AAAA"), "2001:db8::1\n");
    assert.equal(await dig(port, transport, "+short", "txt.miek.nl", "TXT"), '"one two" "three"\n');
    assert.equal(await dig(port, transport, "+short", "_sip._tcp.miek.nl", "SRV"), "0 5 5060 sip.miek.nl.\n");
    assert.equal(await dig(port, transport, "+short", "miek.nl", "CAA"), '0 issue "ca.example"\n');
  });
}

test("names are the same in upper and lower case, and the answer repeats the question's", { skip }, async (t) => {
  const { port } = await start(t, RECORDS);
  assert.match(await dig(port, "WwW.MIEK.nl", "A"), /;WwW\.MIEK\.nl\.\s+IN\s+A/);
  assert.equal(await dig(port, "+short", "WwW.MIEK.nl", "A"), "10.0.0.1\n10.0.0.2\n");
});

test("an alias is answered with what it stands for", { skip }, async (t) => {
  const { port } = await start(t, RECORDS);
  assert.equal(await dig(port, "+short", "alias.miek.nl", "A"), "www.miek.nl.\n10.0.0.1\n10.0.0.2\n");
  assert.equal(await dig(port, "+short", "alias.miek.nl", "CNAME"), "www.miek.nl.\n");
});

test("a name that is not there is NXDOMAIN at once, and one without that type an empty answer", { skip }, async (t) => {
  const { port } = await start(t, RECORDS);
  const missing = await dig(port, "nosuch.miek.nl", "A");
  assert.match(missing, /status: NXDOMAIN/);
  assert.match(missing, /flags: qr aa/);
  assert.match(missing, /miek\.nl\.\s+3600\s+IN\s+SOA/);
  const empty = await dig(port, "www.miek.nl", "MX");
  assert.match(empty, /status: NOERROR/);
  assert.match(empty, /ANSWER: 0/);
  assert.match(await dig(port, "_tcp.miek.nl", "A"), /status: NOERROR/);
});

test("EDNS is answered with EDNS, an unknown version of it with BADVERS", { skip }, async (t) => {
  const { port } = await start(t, RECORDS);
  assert.match(await dig(port, "+edns=0", "www.miek.nl"), /EDNS: version: 0, flags:; udp: 1232/);
  assert.doesNotMatch(await dig(port, "+noedns", "www.miek.nl"), /OPT PSEUDOSECTION/);
  assert.match(await dig(port, "+edns=7", "+noednsnegotiation", "www.miek.nl"), /status: BADVERS/);
});

test("what does not fit into a datagram is cut, and dig gets all of it over TCP", { skip }, async (t) => {
  const many = Array.from({ length: 200 }, (_, index) => `many.x. 1 IN A 10.0.0.${index}`);
  const { port } = await start(t, many);
  assert.match(await dig(port, "+noedns", "+ignore", "many.x", "A"), /flags: qr aa tc/);
  assert.equal((await dig(port, "+short", "many.x", "A")).trim().split("\n").length, 200);
});

test("records change while it runs, and peek shows them as Circuit does", { skip }, async (t) => {
  const { server, port } = await start(t, RECORDS);
  assert.deepEqual(await server.handlers.unset?.(CALL, { path: [], name: "WWW.miek.nl" }), { removed: 3 });
  assert.match(await dig(port, "www.miek.nl", "A"), /status: NXDOMAIN/);
  assert.deepEqual(await server.handlers.unset?.(CALL, { path: [], name: "nosuch." }), { removed: 0 });
  await server.handlers.set?.(CALL, { path: [], record: "www.miek.nl. 5 A 10.9.9.9" });
  assert.equal(await dig(port, "+short", "www.miek.nl", "A"), "10.9.9.9\n");
  await assert.rejects(
    async () => server.handlers.set?.(CALL, { path: [], record: "" }),
    (error) => error instanceof CircuitError && error.code === "invalid" && /it is empty/.test(error.message),
  );
  await server.handlers.unset?.(CALL, { path: [], name: "miek.nl" });
  const { Records } = v.parse(nameserverStatSchema, await server.stat());
  assert.deepEqual(Object.keys(Records), ["_sip._tcp.miek.nl.", "alias.miek.nl.", "txt.miek.nl.", "www.miek.nl."]);
  assert.deepEqual(Records["www.miek.nl."], ["www.miek.nl.\t5\tIN\tA\t10.9.9.9"]);
});

test("an address that cannot be bound is refused with the reason, and scrub frees the port", async (t) => {
  const { server } = await start(t);
  await assert.rejects(
    makeNameserver(openDns, server.address, "n2"),
    /Cannot start a name server at "127\.0\.0\.1:\d+": the port is in use/,
  );
  await assert.rejects(makeNameserver(openDns, "bad:addr:x", "n2"), /write HOST:PORT, such as 127\.0\.0\.1:5353/);
  await assert.rejects(makeNameserver(openDns, "203.0.113.7:0", "n2"), /no such address on this host/);
  await server.scrub(false);
  const again = await makeNameserver(openDns, server.address, "n3");
  await again.scrub(false);
});

test("garbage on either port does it no harm", { skip }, async (t) => {
  const { port } = await start(t, RECORDS);
  const udp = createSocket("udp4");
  t.after(() => udp.close());
  for (let length = 0; length < 300; length += 1) {
    const bytes = randomBytes(length);
    await new Promise((sent) => udp.send(bytes, Number(port), "127.0.0.1", sent));
  }
  for (let count = 0; count < 20; count += 1) {
    const tcp = connect(Number(port), "127.0.0.1");
    tcp.on("error", () => undefined);
    tcp.resume();
    tcp.end(randomBytes(count * 100));
    await new Promise((closed) => tcp.once("close", closed));
  }
  assert.equal(await dig(port, "+short", "www.miek.nl", "A"), "10.0.0.1\n10.0.0.2\n");
});
