/** Circuit's own pages, typed as they stand with addresses filled in: booting a cluster, and the tour of its README. */
import assert from "node:assert/strict";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import test, { type TestContext } from "node:test";
import { promisify } from "node:util";
import { eventually, fileWith } from "../helpers/facts.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir, type TempDir } from "../helpers/temp.js";

const run = promisify(execFile);

/** A shell on one host of the pages: `circuit` is a command of it, and servers started there end with the test. */
class Shell {
  readonly #dir: TempDir;
  readonly #env: NodeJS.ProcessEnv;
  readonly #servers: ChildProcess[] = [];

  constructor(dir: TempDir, env: Readonly<Record<string, string>>) {
    this.#dir = dir;
    const { CIRCUIT: _file, CIRCUIT_DISCOVER: _group, CIRCUIT_HMAC: _key, ...rest } = process.env;
    this.#env = { ...rest, PATH: `${dir.join("bin")}:${process.env["PATH"] ?? ""}`, ...env };
  }

  /** Types a line; the words on standard output. */
  async type(line: string): Promise<string> {
    const { stdout } = await run("bash", ["-c", line], { cwd: this.#dir.path, env: this.#env });
    return stdout;
  }

  /** Types a line that goes on in the background. */
  start(line: string): void {
    this.#servers.push(spawn("bash", ["-c", `exec ${line}`], { cwd: this.#dir.path, env: this.#env, stdio: "ignore" }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      if (server.exitCode !== null || server.signalCode !== null) continue;
      const ended = once(server, "exit");
      server.kill("SIGTERM");
      await ended;
    }
  }
}

async function shell(t: TestContext, env: Readonly<Record<string, string>> = {}): Promise<{ sh: Shell; dir: TempDir }> {
  const dir = await tempDir(t);
  await dir.write("bin/circuit", `#!/bin/sh\nexec "${process.execPath}" "${repositoryPath("bin", "circuit.js")}" "$@"\n`, 0o755);
  const sh = new Shell(dir, env);
  t.after(() => sh[Symbol.asyncDispose]());
  return { sh, dir };
}

/** An address of the loopback network that no other test uses. */
function loopback(): string {
  const byte = (): number => 1 + Math.floor(Math.random() * 254);
  return `127.${byte()}.${byte()}.${byte()}`;
}

const SERVER = /^\/X[0-9a-f]{16}$/;

test("the page on booting a cluster can be typed as it stands", async (t) => {
  const { sh, dir } = await shell(t);
  const hosts = [loopback(), loopback(), loopback()];
  for (const [index, ip] of hosts.entries()) {
    sh.start(`circuit start -a ${ip}:11022 1> address${index + 1} 2> log${index + 1}`);
  }
  const addresses = await Promise.all(hosts.map((_, index) => fileWith(dir.join(`address${index + 1}`), /^circuit:\/\/.*\n/)));
  for (const [index, address] of addresses.entries())
    assert.match(address, new RegExp(`^circuit://${hosts[index] ?? ""}:11022/\\d+/Q[0-9a-f]{16}\\n$`));
  const [one = ""] = (await sh.type("H1=$(cat address1); circuit ls -d $H1 /")).split("\n");
  assert.match(one, SERVER);
  const host1 = "H1=$(cat address1); H2=$(cat address2); H3=$(cat address3)";
  assert.equal(await sh.type(`${host1}; circuit join -d $H1 ${one} $H1`), "");
  await sh.type(`${host1}; circuit join -d $H1 ${one} $H2`);
  await sh.type(`${host1}; circuit join -d $H1 ${one} $H3`);
  const seen = await eventually(
    () => sh.type(`${host1}; circuit ls -d $H1 /`),
    (text) => text.split("\n").length === 4,
  );
  assert.ok(
    seen
      .trim()
      .split("\n")
      .every((line) => SERVER.test(line)),
  );
  for (const other of [2, 3]) {
    await eventually(
      () => sh.type(`H=$(cat address${other}); circuit ls -d $H /`),
      (text) => text === seen,
    );
  }
});

test("the tour of Circuit's README can be typed as it stands", async (t) => {
  const { sh, dir } = await shell(t);
  const [first, second] = [loopback(), loopback()];
  await sh.type("circuit keygen > .hmac && chmod 600 .hmac");
  sh.start(`circuit start -a ${first}:11022 -hmac .hmac > one 2> log1`);
  const address = (await fileWith(dir.join("one"), /\n/)).trim();
  sh.start(`circuit start -a ${second}:11022 -j ${address} -hmac .hmac > two 2> log2`);
  const tour = await shell(t, { CIRCUIT: dir.join("circuit"), CIRCUIT_HMAC: dir.join(".hmac") });
  await sh.type(`echo ${address} > circuit`);
  const type = (line: string): Promise<string> => tour.sh.type(line);
  const listing = await eventually(
    () => type("circuit ls /..."),
    (text) => text.trim().split("\n").length === 2,
  );
  // Any server would do, but for the last part, which ends the other one.
  const servers = await Promise.all(
    listing
      .trim()
      .split("\n")
      .map(async (path) => ({ path, peeked: await type(`circuit peek ${path}`) })),
  );
  const x = servers.find(({ peeked }) => peeked.includes(address))?.path ?? "";
  assert.match(x, SERVER);

  await t.test("make a process", async () => {
    await type(`circuit mkproc ${x}/pippi << EOF\n{\n  "Path": "/bin/ls",\n  "Args": ["/"]\n}\nEOF`);
    await type(`circuit wait ${x}/pippi`);
    assert.match(await type(`circuit peek ${x}/pippi`), /"Phase": "exited"/);
    await type(`cat /dev/null | circuit stdin ${x}/pippi`);
    assert.equal(await type(`circuit stdout ${x}/pippi`), await type("/bin/ls /"));
    await type(`circuit scrub ${x}/pippi`);
    assert.doesNotMatch(await type("circuit ls /..."), /pippi/);
  });

  await t.test("make a container", async () => {
    const line = `circuit mkdkr ${x}/docky << EOF\n{ "Image": "ubuntu", "Memory": 1000000000, "CpuShares": 3, "Path": "/bin/ls", "Args": ["/"] }\nEOF`;
    await assert.rejects(type(line), /this server makes none; start it with --docker/);
    assert.doesNotMatch(await type("circuit ls /..."), /docky/);
  });

  await t.test("create a channel", async () => {
    await type(`circuit mkchan ${x}/this/is/charlie 3`);
    const peeked = await type(`circuit peek ${x}/this/is/charlie`);
    assert.match(peeked, /^\{\n\t"Cap": 3,\n\t"Closed": false,\n\t"Aborted": false,\n\t"NumSend": 0,\n\t"NumRecv": 0,/);
    await tour.dir.write("some_file", "the contents of the message\n");
    await type(`circuit send ${x}/this/is/charlie < some_file`);
    assert.equal(await type(`circuit recv ${x}/this/is/charlie`), "the contents of the message\n");
  });

  await t.test("make a name server", async () => {
    await type(`circuit mkdns ${x}/mydns`);
    assert.match(await type(`circuit peek ${x}/mydns`), /^\{\n\t"Address": "\S+:\d+",\n\t"Records": \{\}\n\}\n$/);
    await type(`circuit set ${x}/mydns "miek.nl. 3600 IN MX 10 mx.miek.nl."`);
    assert.match(await type(`circuit peek ${x}/mydns`), /"miek\.nl\.": \[\n\t\t\t"miek\.nl\.\\t3600\\tIN\\tMX\\t10 mx\.miek\.nl\."/);
    await type(`circuit unset ${x}/mydns miek.nl.`);
    assert.match(await type(`circuit peek ${x}/mydns`), /"Records": \{\}/);
  });

  await t.test("listen to joins and leaves", async () => {
    await type(`circuit mk@join ${x}/watch/join`);
    await type(`circuit mk@leave ${x}/watch/leave`);
    const known = [(await type(`circuit recv ${x}/watch/join`)).trim(), (await type(`circuit recv ${x}/watch/join`)).trim()];
    assert.deepEqual(known.sort(), listing.trim().split("\n").sort());
    const left = type(`circuit recv ${x}/watch/leave`);
    const other = known.find((one) => one !== x) ?? "";
    await type(`circuit suicide ${other}`);
    assert.equal(await left, `${other}\n`);
    assert.match(await readFile(dir.join("log2"), "utf8"), /has told this server to end/);
  });
});
