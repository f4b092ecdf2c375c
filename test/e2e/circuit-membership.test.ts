/** Servers of a circuit on hosts of their own: who sees whom when programs are killed and cables are pulled. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { suite, test, type TestContext } from "node:test";
import { CircuitServer } from "../helpers/circuit-server.js";
import { eventually } from "../helpers/facts.js";
import { openHosts, withoutHosts, type Host } from "../helpers/hosts.js";
import { withoutPython } from "../helpers/sockets.js";
import { tempDir } from "../helpers/temp.js";

const skip = withoutHosts();

/** Why there can be no serf here, or false. */
function withoutSerf(): string | false {
  return spawnSync("serf", ["version"]).status === 0 ? false : "there is no serf";
}

interface Stage {
  readonly hosts: readonly [Host, Host, Host, Host];
  /** Starts a server with the key of the circuit. */
  readonly start: (host: Host, ...flags: readonly string[]) => Promise<CircuitServer>;
  /** Waits until each of them sees all of them, and nobody else. */
  readonly agree: (servers: readonly CircuitServer[]) => Promise<void>;
  readonly key: string;
}

async function openStage(t: TestContext, engine: string): Promise<Stage> {
  const [one, two, three, four] = await openHosts(t, 4);
  assert.ok(one && two && three && four);
  const dir = await tempDir(t);
  const key = await dir.write("key", `${Buffer.alloc(64, process.pid).toString("base64")}\n`, 0o600);
  return {
    hosts: [one, two, three, four],
    start: (host, ...flags) => CircuitServer.start(host, "--engine", engine, "--hmac", key, "--var", dir.join(host.name), ...flags),
    async agree(servers) {
      const all = servers.map(({ host }) => host.name);
      await Promise.all(servers.map((server) => server.sees(all)));
    },
    key,
  };
}

// Each has hosts of its own, and mostly waits.
for (const engine of ["mesh", "serf"]) {
  suite(
    `servers of engine ${engine} on hosts of their own`,
    { skip: skip || (engine === "serf" && withoutSerf()), concurrency: true },
    () => {
      test("servers join in any order; one that is killed, one that hangs and one that leaves are told apart", async (t) => {
        const { hosts, start, agree, key } = await openStage(t, engine);
        const [h1, h2, h3, h4] = hosts;
        // The first two join servers that are not there yet.
        const [one, three] = await Promise.all([start(h1, "-j", `${h2.address}:11022`), start(h3, "-j", `${h1.address}:11022`)]);
        const [two, four] = await Promise.all([start(h2), start(h4, "-j", three.address)]);
        await agree([one, two, three, four]);
        const listed = await four.circuit("ls", "--hmac", key, "/");
        assert.equal(listed.stdout.split("\n").filter((line) => line.startsWith("/X")).length, 4, listed.stderr);

        four.signal("SIGKILL");
        await agree([one, two, three]);
        const again = await start(h4);
        await agree([one, two, three, again]);

        three.signal("SIGSTOP");
        await Promise.all([one, two, again].map((server) => server.sees(["h1", "h2", "h4"])));
        three.signal("SIGCONT");
        await agree([one, two, three, again]);

        two.signal("SIGTERM");
        assert.equal(await two.ended(), 0);
        await agree([one, three, again]);
        for (const server of [one, three, again]) {
          assert.match(server.log, /Server "h2" \(X[0-9a-f]+\) has left the circuit/);
          assert.equal(server.losses("h2"), 0);
        }
      });

      test("hosts whose cables are out are lost and found, whatever became of their connections", async (t) => {
        const { hosts, start, agree } = await openStage(t, engine);
        const [h1, h2, , h4] = hosts;
        const servers = await Promise.all(hosts.map((host) => start(host, "-j", `${h1.address}:11022`)));
        const others = servers.slice(0, 3);
        await agree(servers);

        await h4.unplug();
        await Promise.all(others.map((server) => server.sees(["h1", "h2", "h3"])));
        await servers[3]?.sees([]);
        await h4.plug();
        await agree(servers);

        await Promise.all(hosts.map((host) => host.setPatience(2)));
        await Promise.all([h2.unplug(), h4.unplug()]);
        await eventually(
          async () => (await Promise.all([h2, h4].map(connections))).flat(),
          (left) => left.length === 0,
        );
        await Promise.all([h2.plug(), h4.plug()]);
        await agree(servers);
      });

      test("a host whose cable loses some of what it sends stays a member, or is one again", { skip: withoutPython() }, async (t) => {
        const { hosts, start, agree } = await openStage(t, engine);
        const [h1, , h3, h4] = hosts;
        const servers = await Promise.all(hosts.map((host) => start(host, "-j", `${h1.address}:11022`)));
        const [one, two, three, four] = servers;
        assert.ok(one && two && three && four);
        await agree(servers);
        await h3.lose({ sending: 0.2, receiving: 0 });
        four.signal("SIGKILL");
        await Promise.all([one, two].map((server) => eventually(() => server.losses("h4"), Boolean)));
        const again = await start(h4);
        await Promise.all(
          [one, two].map((server) =>
            eventually(
              () => server.others,
              (names) => names.includes("h4"),
            ),
          ),
        );
        await h3.mend();
        await agree([one, two, three, again]);
      });

      test("servers that are told no address find each other by multicast, and only with the key", async (t) => {
        const { hosts, start, agree, key } = await openStage(t, engine);
        const group = "228.8.8.8:8822";
        const servers = await Promise.all(hosts.map((host) => start(host, "--discover", group)));
        await agree(servers);
        const [h1] = hosts;
        const listed = await h1.run(process.execPath, CircuitServer.program, "ls", "--discover", group, "--hmac", key, "/");
        assert.equal(listed.stdout.split("\n").filter((line) => line.startsWith("/X")).length, 4, listed.stderr);
      });
    },
  );
}

/** TCP connections to servers that a host has made and nobody has given up so far. */
async function connections(host: Host): Promise<readonly string[]> {
  const { stdout } = await host.run("cat", "/proc/net/tcp");
  const port = (11022).toString(16).toUpperCase();
  return stdout.split("\n").filter((line) => line.includes(`:${port} 01 `));
}
