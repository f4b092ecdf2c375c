import assert from "node:assert/strict";
import { chmod, rm } from "node:fs/promises";
import test from "node:test";
import type { Log } from "../../../src/core/ports.js";
import { Access } from "../../../src/web/access/access.js";
import { hashToken, makeToken, parseTokens, parseUsers, withToken, withUser } from "../../../src/web/access/accounts.js";
import { ANYBODY } from "../../../src/web/access/identity.js";
import { LoginGate, MEMORY, MOST_WAITING, MOST_WRONG, PENALTY } from "../../../src/web/access/login-gate.js";
import { hashPassword, isPassword, isPasswordHash } from "../../../src/web/access/password.js";
import { LIFETIME, MOST_SESSIONS, Sessions } from "../../../src/web/access/sessions.js";
import { tempDir } from "../../helpers/temp.js";
import { VirtualClock } from "../../helpers/virtual-clock.js";

/** Of the password "x", with a cost that a test can pay often. */
const CHEAP = "$scrypt$ln=4,r=8,p=1$c2FsdHNhbHRzYWx0$sTJaS7DEyxsKNX0FP7pSA7WZR3a/SKWnYGQtSeX0Z5Q";

function recorder(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const write =
    (level: string) =>
    (message: string): void => {
      lines.push(`${level} ${message}`);
    };
  return {
    lines,
    debug: write("debug"),
    info: write("info"),
    warning: write("warning"),
    error: write("error"),
    critical: write("critical"),
  };
}

test("a password is known by its hash, and by no other", async () => {
  const kept = await hashPassword("Käse 🧀");
  assert.match(kept, /^\$scrypt\$ln=15,r=8,p=1\$/);
  assert.equal(await isPassword("Käse 🧀", kept), true);
  assert.equal(await isPassword("Ka\u0308se 🧀", kept), true, "an umlaut as two characters");
  assert.equal(await isPassword("Käse", kept), false);
  assert.equal(await isPassword("", kept), false);
  assert.equal(await isPassword("x", CHEAP), true, "the cost is the one that is written");
  assert.notEqual(await hashPassword("Käse 🧀"), kept, "each has a salt of its own");
});

test("a hash whose cost is beyond reason is none", async () => {
  assert.equal(isPasswordHash(CHEAP), true);
  for (const cost of ["ln=0,r=8,p=1", "ln=21,r=8,p=1", "ln=15,r=33,p=1", "ln=15,r=8,p=17", "ln=15,r=8"]) {
    const kept = CHEAP.replace("ln=4,r=8,p=1", cost);
    assert.equal(isPasswordHash(kept), false, cost);
    assert.equal(await isPassword("x", kept), false);
  }
});

test("parseUsers() and parseTokens() name the line that they cannot read", () => {
  const users = parseUsers(`# who may\n\nalice:admin:${CHEAP}\r\nÖ b:read:${CHEAP}\n`);
  assert.ok(users.ok);
  assert.deepEqual([...users.value.keys()], ["alice", "Ö b"]);
  for (const line of [`alice:root:${CHEAP}`, "alice:admin:secret", `:admin:${CHEAP}`, "alice", `a:admin:${CHEAP}:x`]) {
    const read = parseUsers(`\n${line}\n`);
    assert.ok(!read.ok && read.failure.startsWith("line 2 "), line);
    assert.ok(!read.failure.includes("secret"));
  }
  const tokens = parseTokens(`read:${"a".repeat(64)}\n`);
  assert.ok(tokens.ok && tokens.value.get("a".repeat(64))?.role === "read");
  assert.ok(!parseTokens(`read:${"A".repeat(64)}`).ok);
});

test("withUser() takes the place of the user's former line and leaves all others as they are", () => {
  const text = `# who may\nalice:read:${CHEAP}\nbob:admin:${CHEAP}`;
  const bob = { name: "bob", role: "read", password: CHEAP } as const;
  assert.equal(withUser(text, bob), `# who may\nalice:read:${CHEAP}\nbob:read:${CHEAP}`);
  assert.equal(withUser(text, { ...bob, name: "al" }), `${text}\nal:read:${CHEAP}\n`);
  assert.equal(withUser("", bob), `bob:read:${CHEAP}\n`);
  assert.equal(withToken("", { role: "read", hash: "0" }), "read:0\n");
});

test("a token is random and kept as its hash", () => {
  const token = makeToken();
  assert.match(token, /^circus_[A-Za-z0-9_-]{43}$/);
  assert.notEqual(makeToken(), token);
  assert.match(hashToken(token), /^[0-9a-f]{64}$/);
});

test("a session ends after its time, when it is ended, and when too many come after it", async () => {
  const clock = new VirtualClock();
  const sessions = new Sessions(() => clock.now());
  const user = { name: "alice", role: "admin", password: CHEAP } as const;
  const first = sessions.begin(user);
  assert.match(first, /^[A-Za-z0-9_-]{43}$/);
  assert.equal(sessions.find(first), user);
  assert.equal(sessions.find(`${first}x`), null);
  await clock.pass(LIFETIME - 1);
  assert.equal(sessions.find(first), user);
  await clock.pass(1);
  assert.equal(sessions.find(first), null);
  const second = sessions.begin(user);
  sessions.end(second);
  assert.equal(sessions.find(second), null);
  assert.equal(sessions.size, 0);
  const third = sessions.begin(user);
  for (let index = 0; index < MOST_SESSIONS; index += 1) sessions.begin(user);
  assert.equal(sessions.size, MOST_SESSIONS);
  assert.equal(sessions.find(third), null);
});

test("the login gate shuts out an address after some wrong passwords, and lets it in again later", async () => {
  const clock = new VirtualClock();
  const gate = new LoginGate(clock);
  const wrong = async (address: string) => {
    const verdict = gate.try(address, async () => false);
    await clock.pass(PENALTY);
    return verdict;
  };
  for (let index = 0; index < MOST_WRONG; index += 1) assert.equal(await wrong("10.0.0.1"), "wrong");
  let asked = false;
  const shut = await gate.try("10.0.0.1", async () => (asked = true));
  assert.ok(typeof shut === "object" && shut.retryAfter > 0 && shut.retryAfter <= MEMORY / 1000);
  assert.equal(asked, false, "the password is not even looked at");
  assert.equal(await gate.try("10.0.0.2", async () => true), "right", "others get in");
  await clock.pass(MEMORY);
  assert.equal(await gate.try("10.0.0.1", async () => true), "right");
  assert.equal(clock.armed, 0);
});

test("the login gate tries one password after the other, and no more than a few wait", async () => {
  const clock = new VirtualClock();
  const gate = new LoginGate(clock);
  let running = 0;
  let most = 0;
  const attempts = Array.from({ length: MOST_WAITING + 5 }, (_, index) =>
    gate.try(`10.0.0.${index}`, async () => {
      running += 1;
      most = Math.max(most, running);
      await clock.yield();
      running -= 1;
      return false;
    }),
  );
  const all = Promise.all(attempts);
  let done = false;
  void all.then(() => (done = true));
  while (!done) await clock.pass(PENALTY);
  const verdicts = await all;
  assert.equal(most, 1);
  assert.equal(verdicts.filter((verdict) => verdict === "wrong").length, MOST_WAITING);
  assert.equal(verdicts.filter((verdict) => typeof verdict === "object").length, 5);
});

test("Access lets everybody in where nothing is configured", async () => {
  const access = await Access.open({ passwordFile: null, tokenFile: null, clock: new VirtualClock(), log: recorder() });
  assert.equal(await access.identify({ session: undefined, authorization: undefined }), ANYBODY);
});

test("Access knows users by their session and programs by their token, and forgets who is taken out of the files", async (t) => {
  const dir = await tempDir(t);
  const clock = new VirtualClock();
  const log = recorder();
  const token = makeToken();
  const kept = await hashPassword("secret");
  const passwordFile = await dir.write("users", `alice:admin:${kept}\n`, 0o600);
  const tokenFile = await dir.write("tokens", `read:${hashToken(token)}\n`, 0o644);
  const access = await Access.open({ passwordFile, tokenFile, clock, log });
  assert.match(log.lines.join("\n"), /^warning The token file ".*" can be read by others; chmod 600 puts that right$/);
  const nobody = { session: undefined, authorization: undefined };
  assert.equal(await access.identify(nobody), null);
  assert.equal(await access.identify({ ...nobody, authorization: "Bearer nonsense" }), null);
  assert.equal(await access.identify({ ...nobody, authorization: `Basic ${btoa("alice:secret")}` }), null);
  const program = await access.identify({ ...nobody, authorization: `Bearer ${token}` });
  assert.deepEqual(program, { user: null, role: "read", known: `token ${hashToken(token).slice(0, 8)}` });
  for (const [name, password] of [
    ["alice", "wrong"],
    ["bob", "secret"],
    ["bob", ""],
  ] as const) {
    const tried = access.logIn("10.0.0.1", name, password);
    while (clock.armed === 0) await clock.yield();
    await clock.pass(PENALTY);
    assert.deepEqual(await tried, { kind: "wrong" });
  }
  const login = await access.logIn("10.0.0.1", "alice", "secret");
  assert.ok(login.kind === "in");
  const session = { ...nobody, session: login.session };
  assert.deepEqual(await access.identify(session), { user: "alice", role: "admin", known: "user alice" });
  await dir.write("users", `alice:read:${kept}\n# another\n`);
  await clock.pass(1_000);
  assert.equal((await access.identify(session))?.role, "read", "the role is what the file says now");
  await dir.write("users", `alice:read:${CHEAP}\n`);
  await clock.pass(1_000);
  assert.equal(await access.identify(session), null, "another password ends the session");
  await rm(tokenFile);
  await clock.pass(1_000);
  assert.equal(await access.identify({ ...nobody, authorization: `Bearer ${token}` }), null);
  assert.match(log.lines.at(-1) ?? "", /^error Cannot read the token file ".*": ENOENT.*; nobody in it gets in until that is put right$/);
  await dir.write("tokens", `read:${hashToken(token)}\n`);
  await chmod(tokenFile, 0o600);
  await clock.pass(1_000);
  assert.equal((await access.identify({ ...nobody, authorization: `Bearer ${token}` }))?.role, "read");
  access.logOut(login.session);
  assert.equal(await access.identify(session), null);
});

test("Access does not open with a file that cannot be read or understood", async (t) => {
  const dir = await tempDir(t);
  const parts = { passwordFile: dir.join("none"), tokenFile: null, clock: new VirtualClock(), log: recorder() };
  await assert.rejects(Access.open(parts), /^Error: Cannot read the password file ".*none": ENOENT/);
  await dir.write("none", "alice:admin:secret\n");
  await assert.rejects(Access.open(parts), /^Error: Cannot read the password file ".*none": line 1 is not NAME:ROLE:PASSWORD/);
});
