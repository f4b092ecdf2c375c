import assert from "node:assert/strict";
import test from "node:test";
import { judge, type RequestFacts } from "../../../src/web/access/guard.js";
import { isLoopback, isOwnHost, parseHost, type HostPolicy } from "../../../src/web/access/hosts.js";

const LOCAL: HostPolicy = { listen: { host: "localhost", port: 8080 }, allowed: [] };
const PROXIED: HostPolicy = { listen: { host: "localhost", port: 8080 }, allowed: ["console.example.org", "other.example:8443"] };

test("parseHost() reads names and addresses with and without a port, and nothing else", () => {
  const cases: readonly (readonly [string, ReturnType<typeof parseHost>])[] = [
    ["localhost:8080", { host: "localhost", port: 8080 }],
    ["LocalHost", { host: "localhost", port: null }],
    ["console.example.org.:80", { host: "console.example.org", port: 80 }],
    ["[::1]:8080", { host: "::1", port: 8080 }],
    ["[::1]", { host: "::1", port: null }],
    ["::1", null],
    ["[nonsense]", null],
    ["[:::::]", null],
    ["a:b", null],
    ["a:99999", null],
    ["a/b", null],
    ["user@host", null],
    ["", null],
    [".", null],
  ];
  for (const [text, expected] of cases) assert.deepEqual(parseHost(text), expected, text);
});

test("isLoopback() knows the names and addresses of the loopback", () => {
  for (const host of ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.10", "::1", "[::1]"]) assert.equal(isLoopback(host), true, host);
  for (const host of ["0.0.0.0", "::", "localhost.example", "127.0.0.1.nip.io", "10.0.0.1", ""])
    assert.equal(isLoopback(host), false, host);
});

test("isOwnHost() answers to the loopback, to the address that is listened at and to what is allowed, and to nothing else", () => {
  const named: HostPolicy = { listen: { host: "Web1", port: 8080 }, allowed: [] };
  const anywhere: HostPolicy = { listen: { host: "0.0.0.0", port: 8080 }, allowed: [] };
  const standard: HostPolicy = { listen: { host: "web1", port: 443 }, allowed: ["fe80::1", "10.0.0.1"] };
  const cases: readonly (readonly [string | undefined, HostPolicy, boolean])[] = [
    ["localhost:8080", LOCAL, true],
    ["127.0.0.1:8080", LOCAL, true],
    ["[::1]:8080", LOCAL, true],
    ["localhost:9000", LOCAL, true],
    ["localhost.evil.example:8080", LOCAL, false],
    ["127.0.0.1.nip.io:8080", LOCAL, false],
    ["evil.example", LOCAL, false],
    ["", LOCAL, false],
    [undefined, LOCAL, false],
    ["console.example.org", PROXIED, true],
    ["console.example.org:444", PROXIED, true],
    ["sub.console.example.org", PROXIED, false],
    ["other.example:8443", PROXIED, true],
    ["other.example", PROXIED, false],
    ["web1:8080", named, true],
    ["web1:8081", named, false],
    ["web1", named, false],
    ["192.168.1.5:8080", anywhere, true],
    ["[2001:db8::5]:8080", anywhere, true],
    ["192.168.1.5:81", anywhere, false],
    ["rebound.example:8080", anywhere, false],
    ["web1", standard, true],
    ["[fe80::1]:443", standard, true],
    ["10.0.0.1", standard, true],
  ];
  for (const [header, policy, expected] of cases) assert.equal(isOwnHost(header, policy), expected, `${header} at ${policy.listen.host}`);
});

const GET: RequestFacts = {
  method: "GET",
  upgrade: false,
  host: "localhost:8080",
  origin: undefined,
  site: undefined,
  contentType: undefined,
  hasBody: false,
};
const POST: RequestFacts = { ...GET, method: "POST", contentType: "application/json", hasBody: true };

const JUDGED: readonly (readonly [title: string, RequestFacts, number | null, HostPolicy?])[] = [
  ["a page that is opened", GET, null],
  ["a foreign host", { ...GET, host: "evil.example" }, 421],
  ["no host", { ...GET, host: undefined }, 421],
  ["a foreign page that only reads, which it is not shown", { ...GET, origin: "http://evil.example", site: "cross-site" }, null],
  ["a program that posts", POST, null],
  ["the console's own page", { ...POST, origin: "http://localhost:8080", site: "same-origin" }, null],
  ["its own page in capitals", { ...POST, origin: "HTTP://LOCALHOST:8080" }, null],
  ["a foreign page", { ...POST, origin: "http://evil.example" }, 403],
  ["a page at another port of this host", { ...POST, origin: "http://localhost:3000" }, 403],
  ["a page at another name of this host", { ...POST, origin: "http://127.0.0.1:8080" }, 403],
  ["a page without an origin", { ...POST, origin: "null" }, 403],
  ["an origin that is none", { ...POST, origin: "localhost:8080" }, 403],
  ["an origin with a path", { ...POST, origin: "http://localhost:8080/x" }, 403],
  ["a browser that hides the origin of another site", { ...POST, site: "cross-site" }, 403],
  ["a browser that hides the origin of a sister", { ...POST, site: "same-site" }, 403],
  ["a browser that says same-origin alone", { ...POST, site: "same-origin" }, null],
  ["a form", { ...POST, contentType: "application/x-www-form-urlencoded" }, 415],
  ["plain text, as a form can send it", { ...POST, contentType: "text/plain" }, 415],
  ["JSON with a charset", { ...POST, contentType: "application/json; charset=utf-8" }, null],
  ["a body of no type", { ...POST, contentType: undefined }, 415],
  ["a type that begins like JSON", { ...POST, contentType: "application/jsonp" }, 415],
  ["a post without a body", { ...POST, contentType: undefined, hasBody: false }, null],
  ["a foreign page that deletes", { ...GET, method: "DELETE", origin: "http://evil.example" }, 403],
  ["a feed for the own page", { ...GET, upgrade: true, origin: "http://localhost:8080" }, null],
  ["a feed for a program", { ...GET, upgrade: true }, null],
  ["a feed for a foreign page", { ...GET, upgrade: true, origin: "https://evil.example" }, 403],
  ["a proxy that names the host", { ...POST, host: "console.example.org", origin: "https://console.example.org" }, null, PROXIED],
  ["a proxy at another port", { ...POST, host: "console.example.org", origin: "https://console.example.org:8443" }, null, PROXIED],
  ["a proxy that does not pass the host on", { ...POST, host: "localhost:8080", origin: "https://console.example.org" }, null, PROXIED],
  ["an allowed name at a port that is not", { ...POST, host: "other.example:8443", origin: "https://other.example" }, 403, PROXIED],
  ["a name below an allowed one", { ...POST, host: "console.example.org", origin: "https://x.console.example.org" }, 403, PROXIED],
  ["TLS at the standard port", { ...POST, host: "localhost:443", origin: "https://localhost" }, null],
  ["another scheme", { ...POST, origin: "chrome-extension://abc" }, 403],
];

for (const [title, facts, expected, policy = LOCAL] of JUDGED) {
  test(`judge() ${expected === null ? "lets in" : `answers ${expected} to`} ${title}`, () => {
    assert.equal(judge(facts, policy)?.statusCode ?? null, expected);
  });
}

test("judge() says how a name is allowed, and repeats no more of a foreign one than fits a line", () => {
  const unknown = judge({ ...GET, host: "web1.example:8080" }, LOCAL);
  assert.match(
    unknown?.message ?? "",
    /^The host "web1\.example:8080" is not known here; .* add web1\.example to httpd_hosts .* --allow-host web1\.example$/,
  );
  assert.ok((judge({ ...GET, host: "x".repeat(5000) }, LOCAL)?.message.length ?? 0) < 500);
  assert.ok((judge({ ...POST, origin: "x".repeat(5000) }, LOCAL)?.message.length ?? 0) < 500);
});
