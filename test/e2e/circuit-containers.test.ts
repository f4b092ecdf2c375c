/** Containers by the program `circuit`, with a real engine and without one. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { DockerDaemon, withoutDocker } from "../helpers/docker-daemon.js";
import { fileWith } from "../helpers/facts.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";

interface Shell {
  /** @returns what the line prints, to stderr too */
  readonly type: (line: string) => Promise<string>;
  readonly log: () => Promise<string>;
  /** Ends the server in order. */
  readonly end: () => Promise<void>;
}

const run = promisify(execFile);
const PROGRAM = repositoryPath("bin", "circuit.js");

/** A server that makes containers, called `here`, and a shell in which `circuit` asks it. */
async function shell(t: TestContext, dockerHost: string): Promise<Shell> {
  const dir = await tempDir();
  await dir.write("circuit", `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`, 0o755);
  const { CIRCUIT_DISCOVER: _group, CIRCUIT_HMAC: _key, ...rest } = process.env;
  const env = { ...rest, DOCKER_HOST: dockerHost, PATH: `${dir.path}:${process.env["PATH"] ?? ""}`, CIRCUIT: dir.join("address") };
  const start = "exec circuit start -a 127.0.0.1:0 --name here --docker --var . > address 2> log";
  const server = spawn("setpriv", ["--pdeathsig", "TERM", "sh", "-c", start], { cwd: dir.path, env, stdio: "ignore" });
  const exit = once(server, "exit");
  const end = async (): Promise<void> => {
    server.kill("SIGTERM");
    await exit;
  };
  t.after(async () => {
    await end();
    await dir[Symbol.asyncDispose]();
  });
  await fileWith(dir.join("address"), /\n/);
  return {
    type: async (line) => (await run("bash", ["-c", `{ ${line}; } 2>&1; true`], { cwd: dir.path, env })).stdout,
    log: () => readFile(dir.join("log"), "utf8"),
    end,
  };
}

test("circuit runs containers, and none is left when the server ends", { skip: withoutDocker() }, async (t) => {
  const daemon = await DockerDaemon.start(t);
  const { type, log, end } = await shell(t, daemon.host);
  const make = (path: string, script: string): Promise<string> => {
    const asked = JSON.stringify({ Image: daemon.image, Path: "sh", Args: ["-c", script] });
    return type(`echo '${asked}' | circuit mkdkr ${path}`);
  };
  assert.equal(await make("/here/one", "cat; exit 3"), "");
  assert.equal(await make("/here/two", "trap exit TERM; while :; do sleep 0.1; done"), "");
  assert.equal(await type("echo hello | circuit stdin /here/one && circuit stdout /here/one"), "hello\n");
  assert.match(await type("circuit wait /here/one"), /"Name": "\/via-circuit-[0-9a-f]{16}"/);
  assert.match(await type("circuit signal TERM /here/one"), /^circuit: Cannot send .* it has finished already\n$/);
  assert.match(await type("circuit ls -l /here"), /^docker +\S+\/one\ndocker +\S+\/two\n$/);
  await end();
  assert.deepEqual(await daemon.containers(), []);
  assert.match(await log(), /Containers are run by Docker Engine \S+ \(API [\d.]+\) at ".*docker\.sock"/);
});

test("a server without a container engine starts, and says what is missing to whoever wants a container", async (t) => {
  const { type, log } = await shell(t, "unix:///no/such/socket");
  const missing = 'nobody listens at "/no/such/socket"; install and start a container engine';
  assert.equal(
    await type(`echo '{"Image": "any"}' | circuit mkdkr /here/c; circuit ls /here`),
    `circuit: Cannot run a container of "any": ${missing}\n`,
  );
  assert.ok((await log()).includes(`Containers cannot be run yet: ${missing}`));
});
