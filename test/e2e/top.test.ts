/** circus-top in a real terminal, with figures that are always the same. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import test, { type TestContext } from "node:test";
import { eventually, kill } from "../helpers/facts.js";
import { descendants } from "../helpers/daemon.js";
import { without } from "../helpers/partners.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";
import { Terminal, type TerminalOptions } from "../helpers/terminal.js";

const skip = without("tmux", "-V");
const PROGRAM = repositoryPath("bin", "circus-top.js");

interface Publisher {
  readonly process: ChildProcess;
  tell(order: string): void;
  end(): Promise<void>;
}

function publish(t: TestContext, endpoint: string, mode = "few"): Publisher {
  const child = spawn(process.execPath, [repositoryPath("test", "fixtures", "publishes-figures.js"), endpoint, mode], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  const ended = once(child, "exit");
  const end = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  t.after(end);
  return { process: child, tell: (order) => child.stdin.write(`${order}\n`), end };
}

interface Stage {
  readonly terminal: Terminal;
  readonly publisher: Publisher;
  readonly endpoint: string;
}

/** circus-top on a terminal, with the figures of a mode on its screen. */
async function stage(
  t: TestContext,
  options: TerminalOptions & { readonly mode?: string; readonly args?: string; readonly first?: RegExp } = {},
): Promise<Stage> {
  const dir = await tempDir(t);
  const endpoint = `ipc://${dir.join("stats")}`;
  const publisher = publish(t, endpoint, options.mode);
  const terminal = await Terminal.open(t, options);
  await terminal.enter(`${process.execPath} ${PROGRAM} --endpoint ${endpoint} ${options.args ?? ""}`);
  await terminal.shows(options.first ?? /sockets \(2\)/);
  return { terminal, publisher, endpoint };
}

/** The pid of circus-top, which is what the shell of the terminal has started. */
async function topPid(terminal: Terminal): Promise<number> {
  return descendants(await terminal.shell())[0] ?? 0;
}

/** Rows of the screen that begin with this, in their order. */
function rows(screen: string, pattern: RegExp): readonly string[] {
  return screen.split("\n").flatMap((line) => pattern.exec(line)?.[0].trim() ?? []);
}

function lines(...all: readonly string[]): string {
  return all.join("\n");
}

const NARROW = (title: string): string =>
  lines(
    title,
    " watchers 4   processes 7   CPU 160.3%   MEM 7.3%   RSS 1.5G   reads/s 1,234",
    " WATCHER / PID       ▼CPU%  MEM%    RSS     TIME     AGE  USER      COMMAND",
    " ▾ circus (2)          1.5   1.3  68.0M  0:02.50   3d 8h  average CPU 0.8%",
    "    4001 circusd-s…    1.1   0.5   8.0M  0:01.25   3d 8h  root      node",
    "    4000 circusd       0.4   0.8  60.0M  0:01.25   3d 8h  root      node",
    " ▾ jobs:nightl… (1)   51.3   0.5   8.0M  0:01.25  4h 12m",
    "    5001              51.3   0.5   8.0M  0:01.25  4h 12m  root      python3",
    " ▾ naïve[31m中… (1)    0.0   0.5   8.0M  0:01.25  1m 30s",
    "    6001               0.0   0.5   8.0M  0:01.25  1m 30s  zoë       evil[2J31mc…",
    " ▾ web (3)           107.5   5.0   1.4G   2h 15m   3d 4h  average CPU 35.8%",
    "    4102              95.0   2.3   1.2G    2h 3m   3d 4h  www-data  node",
    "    4101              12.5   1.5   150M 12:34.21   3d 4h  www-data  node",
    "    4103               0.0   1.3  95.0M  0:00.07     12s  www-data  node",
    " ▾ sockets (2)            1,234 reads/s",
    "    127.0.0.1:8080        1,234 reads/s",
    "    /run/app/a-rather-long-d… 0 reads/s",
    ...Array.from({ length: 6 }, () => ""),
    " ? Help  q Quit  / Filter  < > Sort  r Reverse  Space Fold  - + Fold all",
  );

test("at 80×24 every watcher, process and socket has its line, and hostile names change nothing", { skip }, async (t) => {
  const { terminal, endpoint } = await stage(t);
  await terminal.is(NARROW(` circus-top  ${endpoint}`.padEnd(75) + "live"));
});

test("at 200×60 names and commands are shown whole", { skip }, async (t) => {
  const { terminal, endpoint } = await stage(t, { width: 200, height: 60 });
  await terminal.is(
    lines(
      ` circus-top  ${endpoint}`.padEnd(195) + "live",
      " watchers 4   processes 7   CPU 160.3%   MEM 7.3%   RSS 1.5G   reads/s 1,234",
      " WATCHER / PID                            ▼CPU%  MEM%    RSS     TIME     AGE  USER      COMMAND",
      " ▾ circus (2)                               1.5   1.3  68.0M  0:02.50   3d 8h  average CPU 0.8%",
      "    4001 circusd-stats                      1.1   0.5   8.0M  0:01.25   3d 8h  root      node",
      "    4000 circusd                            0.4   0.8  60.0M  0:01.25   3d 8h  root      node",
      " ▾ jobs:nightly-export-of-everything (1)   51.3   0.5   8.0M  0:01.25  4h 12m",
      "    5001                                   51.3   0.5   8.0M  0:01.25  4h 12m  root      python3",
      " ▾ naïve[31m中文 (1)                        0.0   0.5   8.0M  0:01.25  1m 30s",
      "    6001                                    0.0   0.5   8.0M  0:01.25  1m 30s  zoë       evil[2J31mcommand {red-fg}",
      " ▾ web (3)                                107.5   5.0   1.4G   2h 15m   3d 4h  average CPU 35.8%",
      "    4102                                   95.0   2.3   1.2G    2h 3m   3d 4h  www-data  node",
      "    4101                                   12.5   1.5   150M 12:34.21   3d 4h  www-data  node",
      "    4103                                    0.0   1.3  95.0M  0:00.07     12s  www-data  node",
      " ▾ sockets (2)                                 1,234 reads/s",
      "    127.0.0.1:8080                             1,234 reads/s",
      "    /run/app/a-rather-long-directory/web.sock      0 reads/s",
      ...Array.from({ length: 42 }, () => ""),
      " ? Help  q Quit  / Filter  < > Sort  r Reverse  Space Fold  - + Fold all",
    ),
  );
});

const WATCHERS = /^ [▾▸] [a-z]+/;

test("a column is chosen by letter, by stepping and by clicking its title, and turned round", { skip }, async (t) => {
  const { terminal } = await stage(t);
  await terminal.press("N");
  const named = await terminal.shows(/PID ▲/);
  assert.deepEqual(rows(named, WATCHERS), ["▾ circus", "▾ jobs", "▾ na", "▾ web", "▾ sockets"]);
  await terminal.press("r");
  const reversed = await terminal.shows(/PID ▼/);
  assert.deepEqual(rows(reversed, WATCHERS), ["▾ web", "▾ na", "▾ jobs", "▾ circus", "▾ sockets"]);
  await terminal.press(">", ">");
  await terminal.shows(/▼MEM%/);
  await terminal.press("<");
  await terminal.shows(/▼CPU%/);
  // A press of the left button at column 53 of line 3.
  await terminal.type("\u001b[<0;53;3M");
  const aged = await terminal.shows(/▼AGE/);
  assert.deepEqual(rows(aged, /^ {4}\d{4}\b/), ["4000", "4001", "4101", "4102", "4103", "5001", "6001"]);
});

test("a filter is typed, kept, and cleared", { skip }, async (t) => {
  const { terminal } = await stage(t);
  await terminal.type("/CIRCUSD-S");
  const typed = await terminal.shows(/Filter: CIRCUSD-S/);
  assert.deepEqual(rows(typed, /^ [▾▸] .*\)/), ["▾ circus (1/2)"]);
  await terminal.press("Enter");
  await terminal.shows(/filter: CIRCUSD-S\n/);
  await terminal.type("/x");
  await terminal.shows(/Nothing matches "CIRCUSD-Sx"/);
  await terminal.press("Escape");
  assert.equal(rows(await terminal.shows(/sockets \(2\)/), WATCHERS).length, 5);
});

test("watchers are folded one by one and all together", { skip }, async (t) => {
  const { terminal } = await stage(t);
  await terminal.press("Space");
  assert.deepEqual(rows(await terminal.shows(/▸ circus/), /^ {4}\d{4}\b/), ["5001", "6001", "4102", "4101", "4103"]);
  await terminal.press("-");
  assert.deepEqual(rows(await terminal.shows(/▸ sockets/), /^ {4}\S+/), []);
  await terminal.press("Down", "Down", "Enter");
  assert.deepEqual(rows(await terminal.shows(/▾ na/), /^ {4}\d{4}\b/), ["6001"]);
  await terminal.press("+");
  assert.equal(rows(await terminal.shows(/▾ sockets/), /^ {4}\d{4}\b/).length, 7);
});

test("the mouse folds, selects and scrolls", { skip }, async (t) => {
  const { terminal } = await stage(t, { height: 10, first: /circus \(2\)/ });
  // The wheel turned towards the user, then away, then the left button on the sign before a watcher, then on a row.
  await terminal.type("\u001b[<65;10;6M");
  assert.doesNotMatch(await terminal.shows(/4102/), /circus \(2\)/);
  await terminal.type("\u001b[<64;10;6M");
  await terminal.shows(/circus \(2\)/);
  await terminal.type("\u001b[<0;2;4M");
  await terminal.shows(/▸ circus[^]*web \(3\)/);
  await terminal.type("\u001b[<0;10;6M");
  await eventually(
    () => terminal.tmux("capture-pane", "-p", "-e"),
    (text) => /\u001b\[[\d;]*46m {4}5001/.test(text),
  );
});

test("the selection stays on its process when rows move", { skip }, async (t) => {
  const { terminal, publisher } = await stage(t);
  const selected = async (): Promise<string> => {
    const line = (await terminal.tmux("capture-pane", "-p", "-e")).split("\n").find((text) => /\u001b\[[\d;]*46m {4}\d/.test(text));
    return /\d{4}/.exec(line ?? "")?.[0] ?? "none";
  };
  await terminal.press("Down", "End", "Up", "Up", "Up");
  await eventually(selected, (pid) => pid === "4103");
  publisher.tell("load 4103 99");
  assert.deepEqual(rows(await terminal.shows(/4103 +99\.0/), /^ {4}41\d+/), ["4103", "4102", "4101"]);
  assert.equal(await selected(), "4103");
});

test("? shows every key, and the next key goes back", { skip }, async (t) => {
  const { terminal } = await stage(t);
  await terminal.press("?");
  const help = await terminal.shows(/Any key goes back/);
  for (const word of ["PgUp", "Filter", "reverse", "fold", "Ctrl-Z", "quit"]) assert.ok(help.includes(word), word);
  assert.doesNotMatch(help, /…/);
  await terminal.press("q");
  await terminal.shows(/▾ web/);
});

test("the screen follows the size of the terminal, down to a few characters", { skip }, async (t) => {
  const { terminal, endpoint } = await stage(t, { width: 120, height: 30 });
  await terminal.resize(20, 5);
  await terminal.is(
    lines(" circus-top  … live", " WATCHER / P…  ▼CPU%", " ▾ circus (2)    1.5", "    4001 cir…    1.1", " ? Help  q Quit"),
  );
  await terminal.resize(3, 1);
  await terminal.is(" ▾…");
  await terminal.resize(80, 24);
  await terminal.is(NARROW(` circus-top  ${endpoint}`.padEnd(75) + "live"));
});

test("says that it waits, that figures have stopped, and goes on by itself when they come again", { skip }, async (t) => {
  const dir = await tempDir(t);
  const endpoint = `ipc://${dir.join("stats")}`;
  const terminal = await Terminal.open(t);
  await terminal.enter(`${process.execPath} ${PROGRAM} --endpoint ${endpoint}`);
  await terminal.shows(/Waiting for figures from ipc:.* \(is statsd = True\?\)/);
  const first = publish(t, endpoint);
  await terminal.shows(/▾ web/);
  await first.end();
  const silent = await terminal.shows(/No figures for \d s: waiting for circusd to come back/);
  assert.match(silent, /▾ web/);
  publish(t, endpoint);
  assert.doesNotMatch(await terminal.shows(/ live$/m), /No figures/);
});

test("a process that is gone disappears after --process-timeout", { skip }, async (t) => {
  const { terminal, publisher } = await stage(t, { args: "--process-timeout 0.5" });
  publisher.tell("drop 4102");
  const shown = await terminal.shows(/web \(2\)/);
  assert.match(shown, /▾ web \(2\) +12\.5/);
  await eventually(
    () => terminal.screen(),
    (text) => !text.includes("4102"),
  );
});

test("of 1,000 processes only what changes is written", { skip }, async (t) => {
  const { terminal } = await stage(t, { mode: "many", first: /processes 1,000/, width: 200, height: 60 });
  await terminal.press("N", "End");
  await terminal.shows(/10999/);
  await terminal.press("Home", "NPage");
  await terminal.shows(/10056/);
  const log = terminal.dir.join("written");
  await terminal.tmux("pipe-pane", `cat > ${log}`);
  const cpu = async (): Promise<string> => rows(await terminal.screen(), /^ {4}10060 +[\d.]+/)[0] ?? "";
  for (let round = 0; round < 3; round += 1) {
    const before = await cpu();
    await eventually(cpu, (now) => now !== before);
  }
  const { size } = statSync(log);
  // 56 rows of 200 columns would be 11,200 bytes a round; each row has a new figure or two.
  assert.ok(size > 0 && size < 3 * 4000, `${size} bytes`);
});

interface Ending {
  readonly name: string;
  readonly code: number;
  readonly end: (terminal: Terminal) => Promise<void>;
}

const SIGNAL = (name: NodeJS.Signals, code: number): Ending => ({
  name,
  code,
  end: async (terminal) => kill(await topPid(terminal), name),
});

const ENDINGS: readonly Ending[] = [
  { name: "q", code: 0, end: (terminal) => terminal.press("q") },
  { name: "Ctrl-C", code: 0, end: (terminal) => terminal.press("C-c") },
  SIGNAL("SIGTERM", 143),
  SIGNAL("SIGHUP", 129),
  SIGNAL("SIGINT", 130),
  // The program dies of an exception that a module loaded beside it throws upon this signal.
  SIGNAL("SIGUSR2", 1),
];

test("whatever ends it, the terminal is as it was before", { skip }, async (t) => {
  const dir = await tempDir(t);
  const bug = await dir.write("bug.mjs", `process.on("SIGUSR2", () => { throw new Error("planted"); });\n`);
  const endpoint = `ipc://${dir.join("stats")}`;
  publish(t, endpoint);
  const terminal = await Terminal.open(t, { height: 40 });
  const flags = ["alternate_on", "cursor_flag", "mouse_any_flag", "mouse_sgr_flag", "keypad_cursor_flag", "keypad_flag"];
  const facts = (): Promise<readonly string[]> => Promise.all(flags.map((name) => terminal.flag(name)));
  const before = await facts();
  for (const { name, code, end } of ENDINGS) {
    const command = `${process.execPath} --import ${bug} ${PROGRAM} --endpoint ${endpoint}`;
    await terminal.enter(`clear; s=$(stty -g); ${command}; echo "code $?"; [ "$s" = "$(stty -g)" ] && echo same`);
    await terminal.shows(/sockets \(2\)/);
    assert.notDeepEqual(await facts(), before);
    await end(terminal);
    const after = await terminal.shows(/^code \d+\n(.*\n)*ready> $/m);
    assert.match(after, new RegExp(`^code ${code}\nsame$`, "m"), name);
    assert.equal(/circus-top: internal: planted/.test(after), name === "SIGUSR2", name);
    assert.deepEqual(await facts(), before, name);
  }
});

test("Ctrl-Z gives the terminal to the shell, and fg comes back to the same screen", { skip }, async (t) => {
  const { terminal } = await stage(t);
  await terminal.press("N");
  await terminal.shows(/PID ▲/);
  await terminal.press("C-z");
  await terminal.shows(/ready> $/m);
  assert.equal(await terminal.flag("alternate_on"), "0");
  await terminal.enter("fg");
  await terminal.shows(/PID ▲/);
  assert.equal(await terminal.flag("alternate_on"), "1");
  await terminal.press("r");
  await terminal.shows(/PID ▼/);
});

test("without UTF-8 and without colour it uses neither", { skip }, async (t) => {
  const { terminal } = await stage(t, { env: { LC_ALL: "C", NO_COLOR: "1" }, term: "screen" });
  const screen = await terminal.tmux("capture-pane", "-p", "-e");
  assert.match(screen, /- web \(3\)/);
  assert.match(screen, /vCPU%/);
  assert.match(screen, /jobs:nightl~ \(1\)/);
  assert.doesNotMatch(screen, /[^\x00-\x7e]|\u001b\[(\d+;)*[349][0-8]m/);
});

test("on a dumb terminal it prints a table and ends", { skip }, async (t) => {
  const dir = await tempDir(t);
  const endpoint = `ipc://${dir.join("stats")}`;
  publish(t, endpoint);
  const terminal = await Terminal.open(t, { width: 120 });
  await terminal.enter(`TERM=dumb ${process.execPath} ${PROGRAM} --endpoint ${endpoint}`);
  assert.match(await terminal.shows(/^all +1,234\nready> $/m), /^web +all +107\.5/m);
});
