/** The console behind the real nginx, configured as the manual says. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import test from "node:test";
import { ask, Feed, startConsole } from "../helpers/console.js";
import { eventually } from "../helpers/facts.js";
import { freePort } from "../helpers/free-port.js";
import { without } from "../helpers/partners.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";

const NGINX = "/usr/sbin/nginx";
const NAME = "console.example.org";

function template(): string {
  return readFileSync(repositoryPath("test", "fixtures", "nginx-console.conf"), "utf8");
}

test("the console works behind nginx as the manual configures it, once its name is allowed", { skip: without(NGINX, "-v") }, async (t) => {
  const dir = await tempDir(t);
  const [cert, key] = [dir.join("cert.pem"), dir.join("key.pem")];
  const made = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "1",
    "-subj",
    `/CN=${NAME}`,
  ];
  execFileSync(
    "openssl",
    [...made, "-addext", `subjectAltName=DNS:localhost,DNS:${NAME},DNS:other.example.org`, "-keyout", key, "-out", cert],
    { stdio: "ignore" },
  );
  const { daemon, console } = await startConsole(t, { ini: "[watcher:web]\ncmd = sleep 1000\n", circus: `httpd_hosts = ${NAME}` });
  const port = await freePort();
  const server = template()
    .replace("listen 443 ssl", `listen 127.0.0.1:${port} ssl`)
    .replace("/etc/ssl/certs/console.pem", cert)
    .replace("/etc/ssl/private/console.key", key)
    .replace("http://127.0.0.1:8080", console.url.replace("localhost", "127.0.0.1"));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${dir.join(name)};`).join(" ");
  await dir.write(
    "nginx.conf",
    `daemon off; pid ${dir.join("nginx.pid")}; error_log stderr; events {} http { access_log off; ${temporary} ${server} }`,
  );
  const nginx = spawn("setpriv", ["--pdeathsig", "TERM", NGINX, "-p", dir.path, "-c", dir.join("nginx.conf")], { stdio: "ignore" });
  t.after(async () => {
    nginx.kill("SIGTERM");
    if (nginx.exitCode === null) await once(nginx, "exit");
  });
  const url = `https://localhost:${port}`;
  const outside = { host: NAME, origin: `https://${NAME}:${port}` };
  const ca = readFileSync(cert, "utf8");
  await eventually(
    () =>
      ask(`${url}/healthz`, { headers: outside, ca }).then(
        ({ status }) => status,
        () => 0,
      ),
    (status) => status === 200,
  );
  const done = await ask(`${url}/api/v1/daemons/local/commands/incr`, {
    method: "POST",
    headers: { ...outside, "sec-fetch-site": "same-origin" },
    body: { name: "web", waiting: true },
    ca,
  });
  assert.deepEqual([done.status, done.json["numprocesses"]], [200, 2]);
  await daemon.logged(/anybody from 127\.0\.0\.1: incr name='web' on local: ok/);
  const feed = await Feed.open(t, `${url.replace("https", "wss")}/api/v1/feed`, { headers: outside, ca });
  feed.send({ type: "open", daemon: "local" });
  assert.ok((await feed.until("state")).watchers.some(({ name }) => name === "web"));
  await daemon.client.call("incr", { name: "web" });
  await feed.until("watcher", ({ watcher }) => watcher.pids.length === 3);
  const foreign = await ask(`${url}/api/v1/daemons/local/commands/stop`, {
    method: "POST",
    headers: { host: NAME, origin: "https://evil.example" },
    body: {},
    ca,
  });
  assert.equal(foreign.status, 403);
  const unknown = await ask(`${url}/`, { headers: { host: "other.example.org" }, ca });
  assert.match(String(unknown.json["message"]), /add other\.example\.org to httpd_hosts/);
});

test("the manual shows the configuration of nginx that is tested", () => {
  assert.ok(readFileSync(repositoryPath("docs", "console-api.md"), "utf8").includes(`\`\`\`nginx\n${template()}\`\`\`\n`));
});
