import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import test, { type TestContext } from "node:test";
import { HttpObserver } from "../../../plugins/http-observer/index.js";
import { Daemon } from "../../helpers/daemon.js";
import { without } from "../../helpers/partners.js";
import { PluginStage, refusalOf } from "../../helpers/plugin-stage.js";
import { statsdReceiver, type StatsdReceiver } from "../../helpers/statsd-receiver.js";
import { tempDir } from "../../helpers/temp.js";
import { webReceiver } from "../../helpers/web-receiver.js";

const PREFIX = "circus.http_observer.watcher.http_stats";

interface Watch {
  readonly statsd: StatsdReceiver;
  readonly stage: PluginStage;
}

async function observe(t: TestContext, config: Readonly<Record<string, string>>): Promise<Watch> {
  const statsd = await statsdReceiver(t);
  const all = { host: "127.0.0.1", port: String(statsd.port), loop_rate: "0.05", ...config };
  return { statsd, stage: await PluginStage.start(t, HttpObserver, { config: all }) };
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location }).end();
}

test("HttpObserver sends how many milliseconds a page took, under Circus's name", async (t) => {
  const web = await webReceiver(t);
  const { statsd, stage } = await observe(t, { check_url: `${web.url}/health?deep=1` });
  const packets = await statsd.take(2);
  for (const packet of packets) assert.match(packet, /^circus\.http_observer\.watcher\.http_stats\.request_time:\d+\|ms$/);
  assert.equal(web.requests[0]?.path, "/health?deep=1");
  assert.equal(web.requests[0].method, "GET");
  assert.deepEqual(stage.log, []);
});

test("HttpObserver counts a status that is no success as an error, by its number, and restarts the watcher", async (t) => {
  const web = await webReceiver(t, { answer: (response) => void response.writeHead(503).end("busy") });
  const { statsd, stage } = await observe(t, { check_url: web.url, restart_on_error: "web" });
  assert.deepEqual(await statsd.take(3), [`${PREFIX}.error:1|c`, `${PREFIX}.error.503:1|c`, `${PREFIX}.restart_on_error:1|c`]);
  assert.deepEqual(stage.requests[0], { command: "restart", properties: { name: "web", waiting: true } });
  assert.match(stage.log[0] ?? "", /^warning .* does not answer well: 503 Service Unavailable; restarting "web"$/);
});

test("HttpObserver follows up to five redirects, to other paths and other hosts", async (t) => {
  const other = await webReceiver(t);
  const web = await webReceiver(t, {
    answer: (response, { path }) => {
      const step = Number(path.slice(1));
      redirect(response, step < 4 ? `/${step + 1}` : `${other.url}/end`);
    },
  });
  const { statsd } = await observe(t, { check_url: `${web.url}/0` });
  await statsd.packet(/request_time/);
  assert.equal(other.requests[0]?.path, "/end");
});

test("HttpObserver gives up where redirects never end, or lead out of the web", async (t) => {
  const round = await webReceiver(t, { answer: (response) => redirect(response, "/") });
  const { statsd, stage } = await observe(t, { check_url: round.url });
  await statsd.packet(/http_stats\.error\.302:1\|c$/);
  assert.match(stage.log[0] ?? "", /302 Found, after 5 redirects$/);
  const out = await webReceiver(t, { answer: (response) => redirect(response, "file:///etc/passwd") });
  const second = await observe(t, { check_url: out.url });
  await second.statsd.packet(/http_stats\.error\.599:1\|c$/);
});

test("HttpObserver does not wait longer than its timeout for an answer, nor for the end of one", async (t) => {
  const silent = await webReceiver(t, { answer: () => undefined });
  const endless = await webReceiver(t, { answer: (response) => void response.writeHead(200).write("a beginning") });
  for (const { url } of [silent, endless]) {
    const { statsd, stage } = await observe(t, { check_url: url, timeout: "0.1" });
    assert.deepEqual(await statsd.take(2), [`${PREFIX}.error:1|c`, `${PREFIX}.error.599:1|c`]);
    assert.match(stage.log[0] ?? "", /does not answer well: it took longer than 0\.1 s$/);
  }
});

test("HttpObserver tells once that nobody listens, and once that somebody does again", async (t) => {
  const web = await webReceiver(t);
  await web.close();
  const { statsd, stage } = await observe(t, { check_url: web.url });
  await stage.until(() => statsd.packets.length >= 6);
  assert.equal(stage.log.length, 1);
  assert.match(stage.log[0] ?? "", /connect ECONNREFUSED/);
});

test("HttpObserver ends at once although a page keeps it waiting", async (t) => {
  const web = await webReceiver(t, { answer: () => undefined });
  const { stage, statsd } = await observe(t, { check_url: web.url, timeout: "3600" });
  await stage.until(() => web.requests.length === 1);
  await stage.stop();
  assert.deepEqual(statsd.packets, []);
});

test(
  "HttpObserver refuses a certificate that nobody vouches for, unless it is insecure",
  { skip: without("openssl", "version") },
  async (t) => {
    const dir = await tempDir(t);
    const [key, cert] = [dir.join("key.pem"), dir.join("cert.pem")];
    const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost"];
    execFileSync("openssl", [...args, "-keyout", key, "-out", cert], { stdio: "ignore" });
    const web = await webReceiver(t, { tls: { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") } });
    const strict = await observe(t, { check_url: web.url });
    await strict.statsd.packet(/http_stats\.error\.599:1\|c$/);
    assert.match(strict.stage.log[0] ?? "", /self-signed certificate/);
    await strict.stage.stop();
    assert.deepEqual(web.requests, []);
    const insecure = await observe(t, { check_url: web.url, insecure: "true" });
    await insecure.statsd.packet(/request_time/);
  },
);

test("a circusd restarts a worker that answers badly, with the plugin's help", async (t) => {
  const dir = await tempDir(t);
  const socket = await webReceiver(t);
  const port = new URL(socket.url).port;
  await socket.close();
  const server = `
    const { createServer } = require("node:http");
    const { existsSync, writeFileSync } = require("node:fs");
    const healed = existsSync(process.argv[2]);
    writeFileSync(process.argv[2], "");
    createServer((request, response) => response.writeHead(healed ? 200 : 500).end()).listen(Number(process.argv[3]), "127.0.0.1");
  `;
  const statsd = await statsdReceiver(t);
  await Daemon.start(t, {
    files: { "server.cjs": server },
    ini: `
[watcher:web]
cmd = node server.cjs ${dir.join("seen")} ${port}
copy_env = True
[plugin:http]
use = circus.plugins.http_observer.HttpObserver
check_url = http://127.0.0.1:${port}/
restart_on_error = web
loop_rate = 0.2
host = 127.0.0.1
port = ${statsd.port}
`,
  });
  await statsd.packet(/http_stats\.restart_on_error:1\|c$/);
  await statsd.packet(/http_stats\.request_time:/);
});

test("options that cannot be used are refused at the start", async () => {
  assert.match(await refusalOf(HttpObserver, { check_url: "localhost" }), /^PluginOptionError: .* expected a URL that begins with http/);
  assert.match(await refusalOf(HttpObserver, { timeout: "0" }), /^PluginOptionError: Cannot use timeout = "0"/);
  assert.match(await refusalOf(HttpObserver, { insecure: "perhaps" }), /^PluginOptionError: .* expected true or false$/);
});
