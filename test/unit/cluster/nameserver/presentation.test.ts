/** Resource records as people write them. */
import assert from "node:assert/strict";
import test from "node:test";
import { parseRecord } from "../../../../src/cluster/nameserver/presentation.js";

const READ: readonly (readonly [text: string, shown: string])[] = [
  ["miek.nl. 3600 IN MX 10 mx.miek.nl.", "miek.nl.\t3600\tIN\tMX\t10 mx.miek.nl."],
  ["www.miek.nl 60 IN A 10.0.0.1", "www.miek.nl.\t60\tIN\tA\t10.0.0.1"],
  ["www.miek.nl A 10.0.0.1", "www.miek.nl.\t3600\tIN\tA\t10.0.0.1"],
  ["www.miek.nl in 1h30m a 10.0.0.1", "www.miek.nl.\t5400\tIN\tA\t10.0.0.1"],
  ["a. AAAA 2001:DB8:0:0::1", "a.\t3600\tIN\tAAAA\t2001:db8::1"],
  ['t. TXT "v=spf1 \\"x\\" -all" plain ; a comment', 't.\t3600\tIN\tTXT\t"v=spf1 \\"x\\" -all" "plain"'],
  ["_sip._tcp.x. SRV 0 5 5060 sip.x.", "_sip._tcp.x.\t3600\tIN\tSRV\t0 5 5060 sip.x."],
  ["x. SOA ns.x. root.x. ( 1 2 3 4 5 )", "x.\t3600\tIN\tSOA\tns.x. root.x. 1 2 3 4 5"],
  ['x. CAA 0 issue "ca.example"', 'x.\t3600\tIN\tCAA\t0 issue "ca.example"'],
  ["4.3.2.1.in-addr.arpa. PTR host.", "4.3.2.1.in-addr.arpa.\t3600\tIN\tPTR\thost."],
];

for (const [text, shown] of READ) {
  test(`parseRecord() reads ${text}`, () => {
    const read = parseRecord(text);
    assert.equal(read.ok ? read.value.text : read.failure, shown);
  });
}

const REFUSED: readonly (readonly [text: string, fault: RegExp])[] = [
  ["", /it is empty/],
  ["this is garbage", /"is" is neither a time to live nor a type that is served: A, AAAA/],
  ["x.", /it has no type/],
  ["x. CH TXT a", /class CH is not served/],
  ["x. A 1.2.3", /its data has to be an IPv4 address/],
  ["x. A 1.2.3.4 5.6.7.8", /its data has to be an IPv4 address/],
  ["x. AAAA 1.2.3.4", /its data has to be an IPv6 address/],
  ["x. MX mail.x.", /a preference and a name/],
  ["x..y. A 1.2.3.4", /"x..y." is no name/],
  [`${"a".repeat(64)}. A 1.2.3.4`, /is no name/],
  ['x. TXT "open', /a quotation mark is not closed/],
  [`x. TXT ${"a".repeat(256)}`, /longer than 255 bytes/],
  ["x. 99999999999 A 1.2.3.4", /is no time to live/],
];

for (const [text, fault] of REFUSED) {
  test(`parseRecord() refuses ${text.slice(0, 40) || "nothing"}`, () => {
    const read = parseRecord(text);
    assert.ok(!read.ok);
    assert.match(read.failure, fault);
  });
}
