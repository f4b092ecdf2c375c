import assert from "node:assert/strict";
import test from "node:test";
import { withOwnWatchers, type OwnPrograms } from "../../../src/config/own-watchers.js";
import { ARBITER_DEFAULTS, CLUSTER_DEFAULTS, defaultSocket } from "../../../src/core/options.js";
import { fail, succeed } from "../../../src/core/result.js";
import type { ArbiterSpec, Loaded, PluginSpec, SocketSpec, WatcherSpec } from "../../../src/core/spec.js";
import { watcherSpec } from "../../helpers/spec.js";

const PROGRAMS: OwnPrograms = {
  circusd: 42,
  node: "/opt/no de/node",
  stats: "/opt/stats.js",
  web: "/opt/web.js",
  plugin: "/opt/plugin.js",
  serf: () => succeed(["/usr/bin/setpriv", "--pdeathsig", "KILL", "/usr/bin/serf"]),
  serfFile: ({ listen }) => `/state/${listen}/agent.json`,
};

interface Given {
  readonly arbiter?: Partial<ArbiterSpec>;
  readonly watchers?: readonly WatcherSpec[];
  readonly sockets?: readonly SocketSpec[];
  readonly plugins?: readonly PluginSpec[];
}

function loaded({ arbiter = {}, watchers = [], sockets = [], plugins = [] }: Given): Loaded {
  const config = { arbiter: { ...ARBITER_DEFAULTS, ...arbiter }, watchers, sockets, plugins, cluster: null };
  return { config, diagnostics: [], faulty: { arbiter: false, cluster: false, watchers: [], sockets: [], plugins: [] } };
}

function helpersOf(given: Given) {
  const { config, diagnostics } = withOwnWatchers(loaded(given), PROGRAMS);
  const known = (given.watchers ?? []).length;
  return { watchers: config.watchers.slice(known), sockets: config.sockets, told: diagnostics.map(({ message }) => message) };
}

test("nothing is added that was not asked for", () => {
  assert.deepEqual(withOwnWatchers(loaded({}), PROGRAMS), loaded({}));
});

test("circusd-stats is told the endpoints, the level, and the sockets that it can count on", () => {
  const shared = { ...defaultSocket("web"), host: "localhost" };
  const spread = { ...defaultSocket("spread"), soReuseport: true };
  const nameless = [defaultSocket("my web"), defaultSocket("a=b")];
  const { watchers, told } = helpersOf({ arbiter: { statsd: true, loglevel: "warning" }, sockets: [shared, spread, ...nameless] });
  assert.deepEqual(told, []);
  const [stats, ...more] = watchers;
  assert.deepEqual(more, []);
  assert.equal(stats?.name, "circusd-stats");
  assert.equal(stats.cmd, "'/opt/no de/node'");
  const endpoints = ["--endpoint", "tcp://127.0.0.1:5555", "--pubsub", "tcp://127.0.0.1:5556", "--statspoint", "tcp://127.0.0.1:5557"];
  assert.deepEqual(stats.args, [
    "/opt/stats.js",
    ...endpoints,
    "--log-level",
    "warning",
    "--circusd",
    "42",
    "--socket",
    "web=$(circus.sockets.web)",
  ]);
  const { singleton, copyEnv, copyPath, maxRetry, closeChildStdout, closeChildStderr, internal } = stats;
  assert.deepEqual(
    { singleton, copyEnv, copyPath, maxRetry, closeChildStdout, closeChildStderr, internal },
    { singleton: true, copyEnv: true, copyPath: true, maxRetry: -1, closeChildStdout: true, closeChildStderr: false, internal: true },
  );
});

test("circusd-stats shows children and debug messages where that is set", () => {
  const { watchers } = helpersOf({ arbiter: { statsd: true, statsChildren: true, debug: true } });
  assert.deepEqual(watchers[0]?.args?.slice(-4), ["debug", "--circusd", "42", "--children"]);
  assert.equal(watchers[0].closeChildStdout, false);
});

test("circushttpd gets its socket by number and the files that are set", () => {
  const arbiter = { httpd: true, httpdHost: "[::1]", httpdPort: 81, httpdHosts: ["a.example"], httpdTokenFile: "/etc/token" };
  const { watchers, sockets, told } = helpersOf({ arbiter });
  assert.deepEqual(told, []);
  const given = [
    "--endpoint",
    "tcp://127.0.0.1:5555",
    "--fd",
    "$(circus.sockets.circushttpd)",
    "--host",
    "[::1]",
    "--log-level",
    "info",
    "--circusd",
    "42",
  ];
  assert.deepEqual(watchers[0]?.args, ["/opt/web.js", ...given, "--allow-host", "a.example", "--token-file", "/etc/token"]);
  assert.deepEqual(sockets, [{ ...defaultSocket("circushttpd"), host: "::1", port: 81, family: "AF_INET6" }]);
});

test("a helper that cannot be had is refused with the reason, and everything else is kept", () => {
  const cases: readonly (readonly [Given, RegExp])[] = [
    [
      { arbiter: { statsd: true }, watchers: [watcherSpec({ name: "Circusd-Stats" })] },
      /there is a \[watcher:circusd-stats\]; give that another name/,
    ],
    [{ arbiter: { statsd: true }, sockets: [defaultSocket("circusd-stats")] }, /there is a \[socket:circusd-stats\]/],
    [{ arbiter: { statsd: true, endpoint: "tcp://127.0.0.1:*" } }, /where to reach "tcp:\/\/127\.0\.0\.1:\*"; give it a port or a path/],
    [{ arbiter: { statsd: true, pubsubEndpoint: "tcp://127.0.0.1:0" } }, /where to reach/],
    [{ arbiter: { statsd: true, statsEndpoint: "inproc://stats" } }, /where to reach "inproc:\/\/stats"/],
    [{ arbiter: { httpd: true, endpoint: "tcp://127.0.0.1:0" } }, /circushttpd, which httpd in \[circus\] asks for/],
    [
      { arbiter: { httpd: true, httpdHost: "0.0.0.0" } },
      /httpd_host "0\.0\.0\.0" can be reached from other hosts; set httpd_password_file or/,
    ],
    [{ arbiter: { httpd: true, httpdCertfile: "/c.pem" } }, /httpd_certfile and httpd_keyfile go together/],
  ];
  for (const [given, reason] of cases) {
    const { watchers, sockets, told } = helpersOf(given);
    assert.deepEqual(watchers, []);
    assert.deepEqual(sockets, given.sockets ?? []);
    assert.equal(told.length, 1);
    assert.match(told[0] ?? "", reason);
    assert.match(told[0] ?? "", /^Cannot start circus.*; everything else starts$/);
  }
});

test("a console that others can reach is let be where it asks for a password", () => {
  const { watchers } = helpersOf({ arbiter: { httpd: true, httpdHost: "0.0.0.0", httpdPasswordFile: "/etc/users" } });
  assert.equal(watchers.length, 1);
});

test("where [circus] is faulty helpers that run are to run on", () => {
  const faulty = { arbiter: true, cluster: false, watchers: ["web"], sockets: [], plugins: [] };
  const { config, faulty: left } = withOwnWatchers({ ...loaded({ arbiter: { statsd: true } }), faulty }, PROGRAMS);
  assert.deepEqual(config.watchers, []);
  assert.deepEqual(left.watchers, ["web", "circusd-stats", "circushttpd"]);
  assert.deepEqual(left.sockets, ["circusd-stats", "circushttpd"]);
});

function plugin(use: string, active = true): PluginSpec {
  const options = { attempts: "3", note: 'say "hi there"' };
  return { name: "Mine", use, active, options, watcher: { ...watcherSpec({ name: "plugin:Mine" }), internal: true, priority: 7 } };
}

test("a plugin is run by circus-plugin under the watcher of its section, with its options as JSON in a variable", () => {
  const { watchers, told } = helpersOf({ plugins: [plugin("circus.plugins.flapping.Flapping")] });
  assert.deepEqual(told, []);
  const [watcher] = watchers;
  assert.equal(watcher?.cmd, "'/opt/no de/node'");
  assert.equal(watcher.priority, 7);
  const args = watcher.args;
  assert.ok(Array.isArray(args));
  assert.equal(args[0], "/opt/plugin.js");
  assert.equal(args.at(-1), "circus.plugins.flapping.Flapping");
  assert.equal(args[args.indexOf("--config") + 1], "@CIRCUS_PLUGIN_CONFIG");
  assert.equal(args[args.indexOf("--circusd") + 1], "42");
  assert.deepEqual(JSON.parse(String(watcher.env["CIRCUS_PLUGIN_CONFIG"])), { attempts: "3", note: 'say "hi there"' });
});

test("the programs log where circusd does, but for a plugin that cannot write there or would mean another file", () => {
  const logged = (logoutput: string, changes: Partial<WatcherSpec> = {}): readonly (string | null)[] => {
    const ours = plugin("flapping");
    const plugins = [{ ...ours, watcher: { ...ours.watcher, ...changes } }];
    return helpersOf({ arbiter: { statsd: true, httpd: true, logoutput }, plugins }).watchers.map(({ args }) => {
      assert.ok(Array.isArray(args));
      const at = args.indexOf("--log-output");
      return at < 0 ? null : String(args[at + 1]);
    });
  };
  assert.deepEqual(logged("-"), [null, null, null]);
  assert.deepEqual(logged("circusd.log"), ["circusd.log", "circusd.log", "circusd.log"]);
  assert.deepEqual(logged("circusd.log", { uid: "nobody" }), ["circusd.log", "circusd.log", null]);
  assert.deepEqual(logged("circusd.log", { workingDir: "/srv" }), ["circusd.log", "circusd.log", null]);
  assert.deepEqual(logged("/var/log/c.log", { workingDir: "/srv" }), ["/var/log/c.log", "/var/log/c.log", "/var/log/c.log"]);
});

test("a plugin that is not active, or that cannot be run here, gets no watcher", () => {
  assert.deepEqual(helpersOf({ plugins: [plugin("flapping", false)] }).watchers, []);
  assert.deepEqual(helpersOf({ plugins: [plugin("my.python.Plugin")] }).watchers, []);
});

test("a plugin's watcher is faulty where its section is", () => {
  const faulty = { arbiter: false, cluster: false, watchers: [], sockets: [], plugins: ["p"] };
  assert.deepEqual(withOwnWatchers({ ...loaded({}), faulty }, PROGRAMS).faulty.watchers, ["plugin:p"]);
});

test("the agent of an engine serf is a watcher that the server starts when it has written its configuration", () => {
  const given = loaded({});
  const asking = {
    ...given,
    config: { ...given.config, cluster: { ...CLUSTER_DEFAULTS, listen: "10.0.0.1:11022", engine: "serf" as const } },
  };
  const { config, diagnostics } = withOwnWatchers(asking, PROGRAMS);
  assert.deepEqual(diagnostics, []);
  const [agent, ...more] = config.watchers;
  assert.deepEqual(more, []);
  assert.equal(agent?.name, "circusd-serf");
  assert.equal(agent.cmd, "/usr/bin/setpriv");
  assert.deepEqual(agent.args, ["--pdeathsig", "KILL", "/usr/bin/serf", "agent", "-config-file=/state/10.0.0.1:11022/agent.json"]);
  assert.deepEqual([agent.autostart, agent.internal, agent.stopSignal.name], [false, true, "SIGINT"]);

  const without = withOwnWatchers(asking, { ...PROGRAMS, serf: () => fail("no program serf in PATH") });
  assert.deepEqual(without.config.watchers, []);
  assert.deepEqual(
    without.diagnostics.map(({ message }) => message),
    ["Cannot start serf, which engine = serf in [cluster] asks for: no program serf in PATH; everything else starts"],
  );
});
