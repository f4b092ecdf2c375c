/** Servers on hosts of their own to which everything happens that may, in an order of chance, for as long as CHURN_STEPS says. */
import assert from "node:assert/strict";
import test from "node:test";
import { CircuitServer } from "../helpers/circuit-server.js";
import { openHosts, withoutHosts, type Host } from "../helpers/hosts.js";
import { tempDir } from "../helpers/temp.js";

const STEPS = Number(process.env["CHURN_STEPS"] ?? 6);
const HOSTS = Number(process.env["CHURN_HOSTS"] ?? 5);

test("after quiet every server sees all that are there, whatever happened", { skip: withoutHosts() }, async (t) => {
  const hosts = await openHosts(t, HOSTS);
  const dir = await tempDir(t);
  const key = await dir.write("key", `${Buffer.alloc(64, process.pid).toString("base64")}\n`, 0o600);
  const servers = new Map<Host, CircuitServer>();
  const [hung, unplugged] = [new Set<Host>(), new Set<Host>()];
  const history: string[] = [];
  const start = async (host: Host): Promise<void> => {
    const seeds = hosts.slice(0, 2).flatMap(({ address }) => ["-j", `${address}:11022`]);
    servers.set(host, await CircuitServer.start(host, "--hmac", key, "--var", dir.join(host.name), ...seeds));
  };
  const agree = async (): Promise<void> => {
    const names = [...servers.keys()].map(({ name }) => name);
    await Promise.all([...servers.values()].map((server) => server.sees(names)));
  };

  const deeds: Readonly<Record<string, (host: Host, server: CircuitServer) => unknown>> = {
    kill(host, server) {
      servers.delete(host);
      hung.delete(host);
      server.signal("SIGKILL");
    },
    async leave(host, server) {
      if (hung.has(host)) return;
      servers.delete(host);
      server.signal("SIGTERM");
      assert.equal(await server.ended(), 0, server.log);
    },
    hang(host, server) {
      server.signal(hung.has(host) ? "SIGCONT" : "SIGSTOP");
      if (!hung.delete(host)) hung.add(host);
    },
    async unplug(host) {
      await (unplugged.has(host) ? host.plug() : host.unplug());
      if (!unplugged.delete(host)) unplugged.add(host);
    },
    async replace(host, server) {
      hung.delete(host);
      server.signal("SIGKILL");
      await start(host);
    },
  };

  await Promise.all(hosts.map(start));
  await agree();
  try {
    for (let step = 0; step < STEPS; step += 1) {
      const host = pick(hosts);
      const server = servers.get(host);
      const name = server === undefined ? "start" : pick(Object.keys(deeds));
      history.push(`${new Date().toISOString()} ${name} ${host.name}`);
      if (server === undefined) await start(host);
      else await deeds[name]?.(host, server);
      // Some of what happens is noticed before the next, and some is not.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * (Math.random() < 0.3 ? 7000 : 700)));
    }
    for (const host of unplugged) await host.plug();
    for (const host of hung) servers.get(host)?.signal("SIGCONT");
    await agree();
  } catch (cause) {
    const logs = [...servers.values()].map(({ host, log }) => `--- ${host.name}\n${log}`);
    throw new Error([String(cause), ...history, ...logs].join("\n"), { cause });
  }
});

function pick<T>(list: readonly T[]): T {
  const item = list[Math.floor(Math.random() * list.length)];
  assert.ok(item !== undefined);
  return item;
}
