/** circus-top without a terminal, run inside the test against figures of memory. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import test from "node:test";
import { optionTitle } from "../../../../src/cli/args.js";
import { topHelp } from "../../../../src/cli/top/help.js";
import { actionOf, FOOTER, KEY_HELP } from "../../../../src/cli/top/keys.js";
import { TOP_OPTIONS } from "../../../../src/cli/top/options.js";
import { runCircusTop } from "../../../../src/cli/top/top.js";
import type { Clock } from "../../../../src/core/ports.js";
import { openMemory } from "../../../../src/wire/memory/transport.js";
import { encodeStat, type StatFrame } from "../../../../src/wire/stats.js";
import { collector } from "../../../helpers/circusctl.js";
import { repositoryPath } from "../../../helpers/root.js";
import { processFrame, socketFrame, watcherFrame } from "./frames.js";

const ROUND: readonly StatFrame[] = [
  processFrame("web", 11, { cpu: 2.5, cmdline: "serve\u001b[2J", username: "www" }),
  processFrame("web", 12, { cpu: 3 }),
  watcherFrame("web", [11, 12]),
  processFrame("circus", 1, { name: "circusd", cmdline: "node", age: 90 }),
  watcherFrame("circus", [1]),
  socketFrame(9, "127.0.0.1:80", 1234),
  { kind: "sockets", stats: { addresses: ["127.0.0.1:80"], reads: 1234 } },
];

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs circus-top with these frames until it ends or has printed two lines of JSON; without frames patience is at its end at once. */
async function top(argv: readonly string[], frames: readonly StatFrame[] = []): Promise<Outcome> {
  const transport = openMemory();
  const publisher = await transport.publish("tcp://127.0.0.1:5557");
  const [out, err] = [collector(false), collector(false)];
  const ending = new AbortController();
  const clock: Clock = {
    now: () => 0,
    epoch: () => 1000.5,
    after: (_delay, run) => {
      if (frames.length === 0) setImmediate(run);
      return () => undefined;
    },
    yield: () => Promise.resolve(),
  };
  out.stream.on("data", () => {
    if (argv[0] === "--json" && out.text().split("\n").length > 2) ending.abort();
  });
  // A network of memory holds no socket that would keep the test alive.
  const alive = setInterval(() => undefined, 60_000);
  const code = await runCircusTop({
    ...{ argv, env: {}, stdin: Readable.from([]), stdout: out.stream, stderr: err.stream, version: "1.2.3", clock, ending: ending.signal },
    openTransport: async () => ({
      ...transport,
      subscribe(endpoint, topics) {
        const connection = transport.subscribe(endpoint, topics);
        for (const { topic, body } of frames.map(encodeStat)) publisher.publish(topic, body);
        return connection;
      },
    }),
    run: async () => ({ ended: Promise.resolve({ how: "exit code 255", said: "no route to host" }), end: () => undefined }),
    protect: () => undefined,
    suspend: () => undefined,
  });
  clearInterval(alive);
  await publisher.close();
  return { code, stdout: out.text(), stderr: err.text() };
}

test("without a terminal it prints one round as a table, with the watcher in every line", async () => {
  assert.deepEqual(await top([], [...ROUND, ...ROUND]), {
    code: 0,
    stdout: [
      "WATCHER  PID  CPU%  MEM%   RSS     TIME    AGE  USER  COMMAND",
      "circus     1   1.0   0.5  1.5M  1:02.05  1m30s  root  node (circusd)",
      "circus   all   1.0   0.5  1.5M  1:02.05  1m30s  -     1 process",
      "web       11   2.5   0.5  1.5M  1:02.05    10s  www   serve[2J",
      "web       12   3.0   0.5  1.5M  1:02.05    10s  root  sleep",
      "web      all   5.5   1.0  3.0M  2:04.10    10s  -     2 processes",
      "",
      "SOCKET        READS/S",
      "127.0.0.1:80    1,234",
      "all             1,234",
      "",
    ].join("\n"),
    stderr: "",
  });
});

test("--once --json prints one document of numbers", async () => {
  const { code, stdout } = await top(["--once", "--json"], [...ROUND, ...ROUND]);
  assert.equal(code, 0);
  assert.equal(stdout.indexOf("\n"), stdout.length - 1);
  const own = { cpu: 1, mem: 0.5, rss: 1572864, cpu_seconds: 62.05, age: 90 };
  const expected = {
    time: 1000.5,
    watchers: [
      {
        name: "circus",
        count: 1,
        cpu_average: 1,
        ...own,
        processes: [{ pid: 1, name: "circusd", username: "root", cmdline: "node", ...own }],
      },
      {
        ...{ name: "web", count: 2, cpu: 5.5, cpu_average: 2.75, mem: 1, rss: 3145728, cpu_seconds: 124.1, age: 10 },
        processes: [
          { pid: 11, name: null, ...own, cpu: 2.5, age: 10, username: "www", cmdline: "serve\u001b[2J" },
          { pid: 12, name: null, ...own, cpu: 3, age: 10, username: "root", cmdline: "sleep" },
        ],
      },
    ],
    sockets: [{ fd: 9, address: "127.0.0.1:80", reads: 1234 }],
  };
  assert.deepEqual(JSON.parse(stdout), expected);
});

test("a round that was joined in the middle is not taken for a whole one", async () => {
  const { stdout } = await top(["--once"], [...ROUND.slice(4), ...ROUND, ...ROUND]);
  assert.match(stdout, /^web +12 /m);
});

test("--json prints a line for each whole round", async () => {
  const { code, stdout } = await top(["--json"], [...ROUND, ...ROUND, ...ROUND]);
  assert.equal(code, 0);
  assert.equal(stdout.trimEnd().split("\n").length, 2);
});

test("where no figures come it says what to look at, and fails", async () => {
  assert.deepEqual(await top(["--once"]), {
    code: 1,
    stdout: "",
    stderr: `circus-top: No figures from "tcp://127.0.0.1:5557" in 5 s: is circusd running, with "statsd = True" and this stats_endpoint?\n`,
  });
});

test("ssh that cannot connect is told in ssh's own words", async () => {
  const { code, stderr } = await top(["--ssh", "web1"]);
  assert.equal(code, 1);
  assert.match(stderr, /^circus-top: Cannot reach .* through ssh to "web1": ssh ended with exit code 255: no route to host\n$/);
});

test("wrong usage is told in a line, with the exit code 2", async () => {
  for (const [argv, message] of [
    [["--onec"], "unrecognized arguments: --onec; did you mean --once?"],
    [["web"], "unrecognized arguments: web"],
    [["--process-timeout", "0"], `argument --process-timeout: "0" is not more than 0`],
    [["--process-timeout", "x"], `argument --process-timeout: invalid number "x"`],
    [["--endpoint"], "argument --endpoint: expected one argument"],
  ] as const) {
    assert.deepEqual(await top(argv), { code: 2, stdout: "", stderr: `usage: circus-top [options]\ncircus-top: error: ${message}\n` });
  }
});

test("--version and --help", async () => {
  assert.deepEqual(await top(["--version"]), { code: 0, stdout: "1.2.3\n", stderr: "" });
  const { code, stdout } = await top(["-h"]);
  assert.deepEqual([code, stdout], [0, `${topHelp()}\n`]);
  for (const line of stdout.split("\n")) assert.ok(line.length <= 80, line);
  for (const option of TOP_OPTIONS) assert.ok(stdout.includes(`  ${optionTitle(option)}`), option.name);
});

test("every key that the help or the footer tells of does something", () => {
  const named: Readonly<Record<string, string>> = {
    ...{ Up: "up", Down: "down", PgUp: "pageup", PgDn: "pagedown", Home: "home", End: "end", G: "S-g", Space: "space", Enter: "enter" },
    ...{ Left: "left", Right: "right", Esc: "escape", "Ctrl-L": "C-l", "Ctrl-Z": "C-z", "Ctrl-C": "C-c" },
  };
  const keys = [...KEY_HELP, ...FOOTER].flatMap((line) => line.keys.split(/ +/)).filter((key) => key !== "Mouse");
  for (const key of keys) assert.notEqual(actionOf(named[key] ?? (/^[A-Z]$/.test(key) ? `S-${key.toLowerCase()}` : key)), null, key);
});

test("the manual page and docs/circus-top.md tell of every option and key as the help does", () => {
  const man = readFileSync(repositoryPath("man", "circus-top.1"), "utf8");
  const docs = readFileSync(repositoryPath("docs", "circus-top.md"), "utf8");
  // The page is generated: its lines are broken, and options in them stand out.
  const prose = man
    .replace(/\\f[BIR]/g, "")
    .replaceAll("\\-", "-")
    .replace(/\s+/g, " ");
  const sentence = (text: string): string => `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}.`;
  for (const option of TOP_OPTIONS) {
    assert.ok(man.includes(`Fl Fl ${option.name}`), option.name);
    assert.ok(prose.includes(` ${sentence(option.help)} `), `man: ${option.help}`);
    assert.ok(docs.includes(`--${option.name}`) && docs.includes(`| ${option.help} |`), `docs: ${option.help}`);
  }
  for (const { keys, text } of KEY_HELP) {
    assert.ok(man.includes(`\n.It ${keys.replace(/ +/g, " , ")}\n${sentence(text)}\n`), `man: ${keys}`);
    assert.ok(docs.includes(`${text} |`), `docs: ${keys}`);
  }
  const known = new Set<string>(TOP_OPTIONS.map(({ name }) => name));
  for (const [, name = ""] of man.matchAll(/Fl Fl ([\w-]+)/g)) assert.ok(known.has(name), name);
});
