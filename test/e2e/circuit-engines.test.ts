/** circusds that are servers of one circuit, with either engine: the same is seen from above. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import test, { type TestContext } from "node:test";
import { Daemon, isAlive } from "../helpers/daemon.js";
import { eventually, kill } from "../helpers/facts.js";
import { repositoryPath } from "../helpers/root.js";

const AGENT = "circusd-serf";

const WITHOUT_SERF = spawnSync("serf", ["version"]).status === 0 ? false : "there is no serf";

interface Row {
  readonly name: string;
  readonly id: string;
  readonly state: string;
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
}

function cluster(engine: string, name: string, labels = ""): string {
  return `[cluster]\nlisten = 127.0.0.1:0\nengine = ${engine}\nname = ${name}\nlabels = ${labels}\nstate_dir = state\n`;
}

function start(t: TestContext, engine: string, name: string): Promise<Daemon> {
  return Daemon.start(t, { ini: cluster(engine, name) });
}

/** What one of them sees of all; none before it is a server itself. */
async function rows(daemon: Daemon): Promise<readonly Row[]> {
  const reply = await daemon.client.call("members", {}).catch(() => ({ members: [] }));
  return reply.members;
}

function sees(daemon: Daemon, names: readonly string[]): Promise<readonly Row[]> {
  return eventually(
    () => rows(daemon),
    (all) =>
      all
        .filter(({ state }) => state === "alive")
        .map(({ name }) => name)
        .toSorted()
        .join() === names.join(),
  );
}

async function addressOf(daemon: Daemon, name: string): Promise<string> {
  const all = await eventually(
    () => rows(daemon),
    (found) => found.some((row) => row.name === name),
  );
  return all.find((row) => row.name === name)?.address ?? "";
}

const run = promisify(execFile);

/** Runs the command `circuit`. */
async function circuit(address: string, ...[command = "", ...args]: readonly string[]): Promise<string> {
  return (await run(process.execPath, [repositoryPath("bin", "circuit.js"), command, "-d", address, ...args])).stdout;
}

for (const engine of ["mesh", "serf"]) {
  test(
    `circuits of engine ${engine} are merged, told of changes, and used from any server`,
    { skip: engine === "serf" && WITHOUT_SERF },
    async (t) => {
      const [a, b, c] = await Promise.all([start(t, engine, "a"), start(t, engine, "b"), start(t, engine, "c")]);
      const [address, second] = await Promise.all([addressOf(a, "a"), addressOf(b, "b")]);
      assert.equal((await b.ctl("join", address)).code, 0);
      await sees(a, ["a", "b"]);
      // By one that is not the first.
      assert.equal((await c.ctl("join", second)).code, 0);
      const [all] = await Promise.all([a, b, c].map((daemon) => sees(daemon, ["a", "b", "c"])));
      const id = (name: string): string => all?.find((row) => row.name === name)?.id ?? "";

      await c.client.call("add", { name: "of-c", cmd: "sleep 600" });
      assert.match((await a.ctl("@c", "list")).stdout, /of-c/);
      await circuit(address, "mk@leave", `/${id("b")}/gone`);
      const told = circuit(address, "recv", `/${id("b")}/gone`);

      const { endpoint, pubsub } = b;
      await b.dir.write("circus.ini", `[circus]\nendpoint = ${endpoint}\npubsub_endpoint = ${pubsub}\n${cluster(engine, "b", "role=db")}`);
      await b.client.call("reloadconfig", { waiting: true });
      await eventually(
        () => rows(a),
        (found) => found.find(({ name }) => name === "b")?.labels["role"] === "db",
      );

      c.process.kill("SIGTERM");
      await Promise.all([a, b].map((daemon) => sees(daemon, ["a", "b"])));
      assert.equal((await told).trim(), `/${id("c")}`);
      await a.logged(/Server "c" \(X[0-9a-f]+\) has left the circuit/);
    },
  );
}

test(
  "a serf agent that is killed is started again unnoticed; a circusd that is killed takes its own with it",
  { skip: WITHOUT_SERF },
  async (t) => {
    const [a, b] = await Promise.all([start(t, "serf", "a"), start(t, "serf", "b")]);
    await b.ctl("join", await addressOf(a, "a"));
    await Promise.all([a, b].map((daemon) => sees(daemon, ["a", "b"])));
    const first = await b.onlyProcess(AGENT);
    kill(first, "SIGKILL");
    const second = await eventually(
      () => b.pids(AGENT),
      ([pid]) => pid !== undefined && pid !== first,
    );
    await b.logged(/The serf agent is there again/);
    await Promise.all([a, b].map((daemon) => sees(daemon, ["a", "b"])));
    // What the new agent says is heard: a change comes through it.
    const { endpoint, pubsub } = b;
    await b.dir.write("circus.ini", `[circus]\nendpoint = ${endpoint}\npubsub_endpoint = ${pubsub}\n${cluster("serf", "renamed")}`);
    await b.client.call("reloadconfig", { waiting: true });
    await sees(a, ["a", "renamed"]);
    assert.doesNotMatch(a.output + b.output, /is lost|has left/);

    kill(b.pid, "SIGKILL");
    await sees(a, ["a"]);
    await eventually(
      () => second.map(isAlive),
      (alive) => !alive.includes(true),
    );
    await a.logged(/Server "renamed" \(X[0-9a-f]+\) is lost/);
  },
);

test("without the program serf a circusd says what to do, and supervises all the same", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: `${cluster("serf", "a")}\n[watcher:w]\ncmd = /bin/sleep 600\n`,
    env: { PATH: "/nowhere" },
    wrapper: [],
  });
  await daemon.logged(/Cannot start serf, which engine = serf in \[cluster\] asks for: no program "serf" in PATH "\/nowhere"; install it/);
  await daemon.processes("w", 1);
});
