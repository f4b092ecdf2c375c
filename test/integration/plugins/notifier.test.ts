import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test, { type TestContext } from "node:test";
import { Notifier } from "../../../plugins/notifier/index.js";
import { Daemon, isAlive } from "../../helpers/daemon.js";
import { eventually, fileWith } from "../../helpers/facts.js";
import { PluginStage, refusalOf } from "../../helpers/plugin-stage.js";
import { tempDir } from "../../helpers/temp.js";
import { webReceiver, type WebReceiver, type WebSetting } from "../../helpers/web-receiver.js";

async function notified(t: TestContext, config: Readonly<Record<string, string>>, setting: WebSetting = {}) {
  const web = await webReceiver(t, setting);
  const stage = await PluginStage.start(t, Notifier, { config: { url: `${web.url}/hook`, ...config } });
  return { web, stage };
}

function fail(stage: PluginStage, watcher: string, pid: number): void {
  stage.publish(`watcher.${watcher}.reap`, { process_pid: pid, time: 1.5, exit_code: 3 });
}

function body(web: WebReceiver, at: number): unknown {
  return JSON.parse(web.requests[at]?.body ?? "");
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

test("Notifier posts what happened as JSON", async (t) => {
  const { web, stage } = await notified(t, {});
  fail(stage, "web", 7);
  await stage.until(() => web.requests.length === 1);
  const { method, path, headers } = web.requests[0] ?? {};
  assert.deepEqual([method, path, headers?.["content-type"]], ["POST", "/hook", "application/json"]);
  const told = body(web, 0);
  assert.equal(typeof member(told, "host"), "string");
  assert.deepEqual(
    { ...(told as object), host: "h" },
    {
      ...{ event: "failed", watcher: "web", pid: 7, exit_code: 3, time: "1970-01-01T00:00:01.500Z", host: "h", held: 0 },
      message: "web: process 7 exited with code 3",
    },
  );
});

test("Notifier writes method, URL, headers and body as it is told, with secrets from its environment", async (t) => {
  process.env["NOTIFIER_TEST_TOKEN"] = "s3cret";
  t.after(() => delete process.env["NOTIFIER_TEST_TOKEN"]);
  const web = await webReceiver(t);
  const stage = await PluginStage.start(t, Notifier, {
    config: {
      url: `${web.url}/{env.NOTIFIER_TEST_TOKEN}?of={watcher}`,
      method: "put",
      "header.Authorization": "Bearer {env.NOTIFIER_TEST_TOKEN}",
      "header.X-Event": "{event}",
      body: '{"text": "{message}", "pid": "{pid}"}',
    },
  });
  fail(stage, "plugin:a b", 7);
  await stage.until(() => web.requests.length === 1);
  const { method, path, headers } = web.requests[0] ?? {};
  assert.deepEqual([method, path], ["PUT", "/s3cret?of=plugin%3Aa%20b"]);
  assert.deepEqual([headers?.authorization, headers?.["x-event"]], ["Bearer s3cret", "failed"]);
  assert.deepEqual(body(web, 0), { text: "plugin:a b: process 7 exited with code 3", pid: 7 });
});

test("Notifier sends a plain text where the body is no JSON", async (t) => {
  const { web, stage } = await notified(t, { body: "{watcher} is in trouble" });
  fail(stage, "web", 7);
  await stage.until(() => web.requests.length === 1);
  assert.deepEqual([web.requests[0]?.body, web.requests[0]?.headers["content-type"]], ["web is in trouble", "text/plain; charset=utf-8"]);
});

test("Notifier tells of the events and the watchers that it is told, by patterns", async (t) => {
  const { web, stage } = await notified(t, { events: "spawn hook_failure", watchers: "My App, api-*", body: "{watcher} {event}" });
  fail(stage, "my_app", 7);
  stage.publish("watcher.web.spawn", { process_pid: 7, time: 1 });
  stage.publish("watcher.my_app.spawn", { process_pid: 7, time: 1 });
  stage.publish("watcher.api-1.hook_failure", { name: "after_start", error: "no", time: 1 });
  await stage.until(() => web.requests.length === 2);
  assert.deepEqual(
    web.requests.map((request) => request.body),
    ["my_app spawn", "api-1 hook_failure"],
  );
});

test("Notifier tries again while a receiver is busy, in the order of events, and not where it is refused", async (t) => {
  let answers = 0;
  const { web, stage } = await notified(
    t,
    { retry_delay: "0.01", body: "{watcher}" },
    {
      answer: (response, request) => {
        answers += 1;
        const busy = request.body === "a" && answers < 3;
        response.writeHead(request.body === "c" ? 404 : busy ? 503 : 200).end();
      },
    },
  );
  for (const watcher of ["a", "b", "c", "d"]) fail(stage, watcher, 7);
  await stage.until(() => web.requests.length === 6);
  assert.deepEqual(
    web.requests.map((request) => request.body),
    ["a", "a", "a", "b", "c", "d"],
  );
  assert.match(
    stage.log.join(),
    /^error Cannot tell the webhook at 127\.0\.0\.1:\d+ that "c: process 7 exited with code 3": it answers 404 Not Found$/,
  );
});

test("Notifier gives a notice up after its retries, and says what it was and why", async (t) => {
  const { web, stage } = await notified(t, { retries: "2", retry_delay: "0.01" });
  await web.close();
  fail(stage, "web", 7);
  await stage.until(() => stage.log.length === 1);
  assert.match(stage.log[0] ?? "", /that "web: process 7 exited with code 3": connect ECONNREFUSED .*, after 3 attempts$/);
});

test("Notifier waits for no answer longer than its timeout", async (t) => {
  const { stage } = await notified(t, { retries: "0", timeout: "0.1" }, { answer: () => undefined });
  fail(stage, "web", 7);
  await stage.until(() => stage.log.length === 1);
  assert.match(stage.log[0] ?? "", /: it took longer than 0\.1 s$/);
});

test("Notifier holds back what is too much and sums it up once", async (t) => {
  const { web, stage } = await notified(t, { rate_limit: "2", rate_window: "0.3", body: "{event} {held} {message}" });
  for (let pid = 1; pid <= 7; pid += 1) fail(stage, "web", pid);
  await stage.until(() => web.requests.length === 3);
  assert.deepEqual(
    web.requests.map((request) => request.body),
    [
      "failed 0 web: process 1 exited with code 3",
      "failed 0 web: process 2 exited with code 3",
      "summary 6 6 more within 0.3 s: 5 × failed of web, 1 × flapping of web",
    ],
  );
});

test("Notifier delivers what is on its way, and sums up what it held back, before it ends", async (t) => {
  let answered = 0;
  const { web, stage } = await notified(
    t,
    { rate_limit: "1", retry_delay: "3600", body: "{event}" },
    { answer: (response) => void response.writeHead(answered++ === 0 ? 503 : 200).end() },
  );
  fail(stage, "web", 1);
  fail(stage, "web", 2);
  await stage.until(() => answered === 1);
  await stage.stop();
  assert.deepEqual(
    web.requests.map((request) => request.body),
    ["failed", "failed", "summary"],
  );
});

test("Notifier does not let a silent receiver keep it from ending", async (t) => {
  const { web, stage } = await notified(t, { timeout: "0.1" }, { answer: () => undefined });
  fail(stage, "web", 1);
  fail(stage, "web", 2);
  await stage.until(() => web.requests.length === 1);
  await stage.stop();
  assert.equal(stage.log.length, 2);
});

test("Notifier runs a command with the facts as words, variables and JSON", async (t) => {
  const dir = await tempDir(t);
  const out = dir.join("out");
  const script = await dir.write(
    "tell.sh",
    `#!/bin/sh\n{ echo "$1|$2|$CIRCUS_EVENT|$CIRCUS_EXIT_CODE|$CIRCUS_MESSAGE"; cat; } > ${out}.new\nmv ${out}.new ${out}\n`,
    0o755,
  );
  const stage = await PluginStage.start(t, Notifier, { config: { command: `${script} '{watcher} fails' "pid {pid}"` } });
  fail(stage, "web;touch x", 7);
  const text = await fileWith(out, /\n.*\n/);
  const [line = "", json = ""] = text.split("\n");
  assert.equal(line, "web;touch x fails|pid 7|failed|3|web;touch x: process 7 exited with code 3");
  assert.equal(member(JSON.parse(json), "exit_code"), 3);
});

test("Notifier ends a command that takes too long, with its children, and tells of one that fails", async (t) => {
  const dir = await tempDir(t);
  const slow = await dir.write("slow.sh", `#!/bin/sh\nsleep 3600 &\necho $! > ${dir.join("child")}\nwait\n`, 0o755);
  const stage = await PluginStage.start(t, Notifier, { config: { command: slow, timeout: "0.3" } });
  fail(stage, "web", 7);
  await stage.until(() => stage.log.length === 1);
  assert.match(stage.log[0] ?? "", /^error Cannot tell the command ".*slow\.sh" that "web: .*": it was ended: it took longer than 0\.3 s$/);
  const child = Number(readFileSync(dir.join("child"), "utf8"));
  await eventually(
    () => !isAlive(child),
    (gone) => gone,
  );
  for (const [command, reason] of [
    ["sh -c 'echo first >&2; echo no pager >&2; exit 3'", /: it exited with code 3: no pager$/],
    ["/nonexistent/pager", /: it could not be run: spawn \/nonexistent\/pager ENOENT$/],
  ] as const) {
    const other = await PluginStage.start(t, Notifier, { config: { command } });
    fail(other, "web", 7);
    await other.until(() => other.log.length === 1);
    assert.match(other.log[0] ?? "", reason);
  }
});

test("a circusd's Notifier tells of a crash, of giving up and of a failed hook, and not of what an operator does", async (t) => {
  const web = await webReceiver(t);
  const daemon = await Daemon.start(t, {
    files: { "hooks.mjs": 'export function fails() { throw new Error("no disk"); }' },
    ini: `
[watcher:good]
cmd = sleep 60
[watcher:once]
cmd = sh -c "exit 4"
respawn = False
autostart = False
[watcher:loops]
cmd = sh -c "exit 5"
restart_delay = 3600
autostart = False
[watcher:missing]
cmd = /nonexistent/program
max_retry = 1
autostart = False
[watcher:hooked]
cmd = sleep 60
hooks.before_start = ./hooks.mjs:fails
autostart = False
[plugin:notify]
use = notifier
url = ${web.url}/
body = {event} {watcher}
events = failed gave_up hook_failure
rate_limit = 0
`,
  });
  const told = (): readonly string[] => web.requests.map((request) => request.body);
  // Until the plugin has subscribed nobody is told.
  await eventually(
    () => daemon.client.call("start", { name: "once", waiting: true }),
    () => told().includes("gave_up once"),
  );
  for (const command of ["stop", "start", "restart"] as const) await daemon.client.call(command, { name: "good", waiting: true });
  await daemon.client.call("reload", { name: "good", waiting: true });
  // Its second death is followed by a long wait, in which it has no process that could be ended.
  await daemon.client.call("start", { name: "loops", waiting: true });
  await eventually(told, (all) => all.filter((one) => one === "failed loops").length === 2);
  await daemon.client.call("restart", { name: "loops", waiting: true });
  await eventually(told, (all) => all.filter((one) => one === "failed loops").length === 4);
  await daemon.client.call("rm", { name: "loops", waiting: true });
  await daemon.client.call("start", { name: "missing", waiting: true }).catch(() => undefined);
  await daemon.client.call("start", { name: "hooked", waiting: true }).catch(() => undefined);
  await eventually(told, (all) => all.includes("gave_up missing") && all.includes("hook_failure hooked"));
  process.kill(await daemon.onlyProcess("good"), "SIGKILL");
  await eventually(told, (all) => all.includes("failed good"));
  assert.deepEqual(
    told().filter((one) => /good|loops/.test(one)),
    [...Array<string>(4).fill("failed loops"), "failed good"],
  );
});

test("options that cannot be used are refused at the start", async () => {
  const url = "http://127.0.0.1:1/";
  const refused: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{}, /Cannot start \[plugin:test\] without "url": add url = https:\/\/…, or command = PROGRAM …$/],
    [{ url: "ftp://x" }, /Cannot use url = "ftp:\/\/x" .* begins with http/],
    [{ url: "{env.NOBODY_SETS_THIS}" }, /Cannot use url = .* the environment variable NOBODY_SETS_THIS is not set/],
    [{ url, events: "failed crash" }, /there is no event "crash"; expected some of failed, gave_up/],
    [{ url, body: '{"text": }' }, /Cannot use body = .* it begins like JSON and is none/],
    [{ url, body: '{"text": "{wather}"}' }, /Cannot use body = .* nobody knows \{wather\}/],
    [{ url, "header.X Y": "1" }, /Cannot use header\.x y = .* expected a header of HTTP/],
    [{ url, method: "GE T" }, /Cannot use method = "GE T"/],
    [{ command: "page 'x" }, /Cannot use command = .* a quotation mark is not closed/],
    [{ url, rate_limit: "-1" }, /Cannot use rate_limit = "-1" .* an integer of 0 or more/],
  ];
  for (const [config, message] of refused) assert.match(await refusalOf(Notifier, config), message);
});
