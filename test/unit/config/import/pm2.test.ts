import assert from "node:assert/strict";
import test from "node:test";
import type { KindOf } from "../../../../src/config/import/pm2-command.js";
import { translatePm2 } from "../../../../src/config/import/pm2.js";
import { parseIni } from "../../../../src/config/ini.js";
import { splitWords } from "../../../../src/core/words.js";

const KINDS: Readonly<Record<string, ReturnType<KindOf>>> = { "/srv/bin/www": "text", "/srv/server": "binary" };

function translate(...apps: readonly object[]): string {
  const around = {
    directory: "/srv",
    cpus: 8,
    kindOf: (path: string) => KINDS[path] ?? "missing",
    resolve: (directory: string, path: string) => (path.startsWith("/") ? path : `${directory}/${path}`),
  };
  const read = translatePm2({ source: "ecosystem.json", value: { apps }, around });
  assert.ok(read.ok);
  return read.value.ini;
}

function section(name: string, app: object): Readonly<Record<string, string>> {
  const text = translate({ name: "web", script: "app.js", ...app });
  const found = parseIni(text, "circus.ini").sections.find((one) => one.name === name);
  assert.ok(found, `no [${name}] in\n${text}`);
  return Object.fromEntries(found.entries.map(({ key, value }) => [key, value]));
}

const COMMANDS: readonly (readonly [app: object, words: readonly string[]])[] = [
  [{}, ["node", "app.js"]],
  [{ args: "--a 'b c'" }, ["node", "app.js", "--a", "b c"]],
  [{ args: ["--a", "b c", 5] }, ["node", "app.js", "--a", "b c", "5"]],
  [{ node_args: ["--inspect", "--x=y z"] }, ["node", "--inspect", "--x=y z", "app.js"]],
  [{ source_map_support: true }, ["node", "--enable-source-maps", "app.js"]],
  [{ script: "job.py" }, ["python3", "job.py"]],
  [{ script: "job.sh" }, ["bash", "job.sh"]],
  [{ script: "job.sh", interpreter: "none" }, ["job.sh"]],
  [{ script: "bin/www" }, ["node", "bin/www"]],
  [{ script: "server" }, ["./server"]],
  [{ script: "npm", args: "start" }, ["npm", "start"]],
  [{ script: "npm run x; true" }, ["bash", "-c", "npm run x; true"]],
  [{ script: undefined, cmd: "a ; b" }, ["bash", "-c", "a ; b"]],
  [{ env: { A: " padded " } }, ["env", "A= padded ", "node", "app.js"]],
];

for (const [app, words] of COMMANDS) {
  test(`an app ${JSON.stringify(app)} runs ${words.join(" ")}`, () => {
    const split = splitWords(section("watcher:web", app)["cmd"] ?? "");
    assert.ok(split.ok);
    assert.deepEqual(split.value, words);
  });
}

const CASES: readonly (readonly [app: object, expected: Readonly<Record<string, string>>])[] = [
  [{}, { working_dir: "/srv", copy_env: "True", stop_signal: "SIGINT", graceful_timeout: "1.6", stop_children: "True", tail_lines: "200" }],
  [{ cwd: "app" }, { working_dir: "/srv/app" }],
  [{ kill_timeout: 3500, treekill: false }, { graceful_timeout: "3.5" }],
  [{ restart_delay: 250 }, { restart_delay: "0.25", restart_backoff: "1" }],
  [{ exp_backoff_restart_delay: 100 }, { restart_delay: "0.1", restart_backoff: "1.5", restart_max_delay: "15" }],
  [
    { uid: 1000, gid: "web" },
    { uid: "1000", gid: "web" },
  ],
  [{ instances: "max", exec_mode: "fork" }, { numprocesses: "8" }],
  [{ instances: -1, exec_mode: "fork" }, { numprocesses: "7" }],
  [{ instances: 2, script: "x.py" }, { numprocesses: "2" }],
  [
    { autorestart: false, autostart: false },
    { respawn: "False", autostart: "False" },
  ],
  [
    { out_file: "o.log", error_file: "NULL" },
    { "stdout_stream.filename": "/srv/o.log", close_child_stderr: "True" },
  ],
  [
    { log_file: "/l", time: true },
    { "stderr_stream.filename": "/l", "stderr_stream.time_format": "%Y-%m-%dT%H:%M:%S" },
  ],
  [{ log_date_format: "[at] DD.MM.YY h:mm A" }, { "stdout_stream.time_format": "at %d.%m.%y %I:%M %p" }],
  [{ filter_env: true }, { copy_env: "False" }],
];

for (const [app, expected] of CASES) {
  test(`an app ${JSON.stringify(app)} becomes ${JSON.stringify(expected)}`, () => {
    const found = section("watcher:web", app);
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, found[key]])), expected);
  });
}

test("a cluster stays one process until its program takes a socket, and the lines for that are ready", () => {
  const ini = translate({ name: "web", script: "app.js", instances: 4, env: { PORT: 3000 } });
  assert.doesNotMatch(ini, /^numprocesses/m);
  assert.match(ini, /^; cmd = node app\.js \$\(circus\.sockets\.web\)$/m);
  assert.match(ini, /^; \[socket:web\]\n; host = 0\.0\.0\.0\n; port = 3000$/m);
});

test("memory, schedules and watching are the work of plugins", () => {
  const app = { max_memory_restart: "1G", cron_restart: "0 3 * * *", watch: true };
  assert.deepEqual(section("plugin:web-memory", app), {
    ...{ use: "resource_watcher", watcher: "web", max_mem: "1G", max_cpu: "0", health_threshold: "0", max_count: "0", loop_rate: "30" },
  });
  assert.deepEqual(section("plugin:schedule", app), { use: "scheduler", "job.restart-web": "0 3 * * * restart web" });
  assert.deepEqual(section("plugin:command_reloader", app), { use: "command_reloader" });
});

test("variables are texts, as pm2 makes them", () => {
  const env = { A: 1, B: true, C: { d: [2] }, E: null, F: "" };
  assert.deepEqual(section("env:web", { env, port: 80 }), { A: "1", B: "true", C: '{"d":[2]}', F: "", PORT: "80" });
});

test("names that are missing or there twice are made", () => {
  const ini = translate({ script: "dist/api.server.js" }, { script: "./api.server.js" }, { name: "a, b*", script: "x.js", env: { X: 1 } });
  assert.match(ini, /^\[watcher:api\.server\]$/m);
  assert.match(ini, /^\[watcher:api\.server-2\]$/m);
  assert.match(ini, /^\[env:a\? b\?\]$/m);
});

test("nothing is lost without a word", () => {
  const app = {
    ...{ max_restarts: 3, min_uptime: "5s", wait_ready: true, listen_timeout: 5, stop_exit_codes: [0], namespace: "n", log_type: "json" },
    ...{ increment_var: "PORT", shutdown_with_message: true, pid_file: "/p", shiny: 1, filter_env: ["AWS"], env_production: { A: "1" } },
    ...{ interpreter: "node@18", max_memory_restart: "much" },
  };
  const ini = translate({ name: "web", script: "app.js", ...app }).replace(/\n# {3}/g, " ");
  for (const word of [...Object.keys(app).filter((key) => key !== "env_production"), "env_production of web", "; A = 1"])
    assert.ok(ini.includes(word), `${word} is not in\n${ini}`);
});

test("every form of an ecosystem file is understood, and others are refused", () => {
  const around = { directory: "/", cpus: 1, kindOf: (): "missing" => "missing", resolve: (_: string, path: string) => path };
  for (const value of [[{ script: "a.js" }], { apps: { script: "a.js" } }, { script: "a.js" }, { processes: [{ script: "a.js" }] }])
    assert.ok(translatePm2({ source: "x", value, around }).ok, JSON.stringify(value));
  for (const value of [null, 5, {}, { apps: [] }]) assert.ok(!translatePm2({ source: "x", value, around }).ok, JSON.stringify(value));
  const read = translatePm2({ source: "x", value: { apps: [5, { script: "a.js" }], deploy: {}, odd: 1 }, around });
  assert.ok(read.ok && /apps\[0\] is 5/.test(read.value.ini) && /# deploy:/.test(read.value.ini) && /# odd:/.test(read.value.ini));
});
