import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { PassThrough } from "node:stream";
import test from "node:test";
import { tempDir } from "../../helpers/temp.js";
import { circusctl, refusal, type Answer } from "../../helpers/circusctl.js";

const answer: Answer = ({ command }) => {
  if (command === "status") return { statuses: { web: "active" } };
  return command === "list" ? { watchers: ["web"] } : {};
};

test("without a command circusctl prints version and status, and reads commands to the end of its input", async () => {
  const empty = await circusctl([], { answer });
  assert.equal(empty.stdout, "circusctl 1.2.3\nweb: active\n(circusctl) \n");
  assert.equal(empty.code, 0);
  const { stdout, stderr, requests } = await circusctl([], { answer, stdin: "list\n\nsignal 'My App' HUP\nbogus x\nquit\n" });
  assert.equal(
    stdout,
    "circusctl 1.2.3\nweb: active\n(circusctl) web\n(circusctl) (circusctl) ok\n(circusctl) *** Unknown syntax: bogus x\n(circusctl) ok\n(circusctl) \n",
  );
  assert.equal(stderr, "");
  assert.deepEqual(requests.slice(2), [
    { command: "signal", properties: { name: "My App", children: false, recursive: false, signum: "HUP" } },
    { command: "commands", properties: {} },
    { command: "quit", properties: { waiting: false } },
  ]);
});

test("the shell goes on after a refusal, a wrong argument, wrong usage and an open quotation mark", async () => {
  const stdin = "list nope\nlist a b\nlist --bogus\nlist 'a\n--version\nlist --endpoint tcp://x:1\nnumwatchers";
  const { code, stdout, stderr } = await circusctl([], {
    stdin,
    answer: ({ command }) => (command === "list" ? refusal("program nope not found") : { statuses: {}, numwatchers: 3 }),
  });
  assert.equal(stderr, "error: program nope not found\nInvalid number of arguments\nusage: circusctl list [<name>]\n");
  assert.deepEqual(stdout.split("(circusctl) ").slice(3), [
    "*** unrecognized arguments: --bogus\n",
    "*** Cannot read the line: a quotation mark is not closed\n",
    "circusctl 1.2.3\n",
    "*** --endpoint cannot change inside the shell: leave it with Ctrl-D and start another\n",
    "3\n",
    "\n",
  ]);
  assert.equal(code, 0);
});

test("the shell gives help, leaves at EOF and keeps the options it was started with", async () => {
  const { stdout } = await circusctl(["--json"], { answer, stdin: "help\nhelp kill\nlist\nEOF\nlist\n" });
  const [status, help, kill, list, rest] = stdout.split("(circusctl) ");
  assert.match(status ?? "", /^circusctl 1\.2\.3\n\{"status": "ok", "time": 1\.5, "statuses": \{"web": "active"\}/);
  assert.match(help ?? "", /\n {2}reloadconfig +Reload the configuration file\n/);
  assert.match(kill ?? "", /usage: circusctl kill <name> \[<pid>\]/);
  assert.match(list ?? "", /^\{"status": "ok".*"watchers": \["web"\]/);
  assert.equal(rest, "\n");
});

/** A keyboard: what is typed waits for what must have been printed before. */
function keyboard(script: readonly (readonly [string, string])[]): {
  readonly stdin: PassThrough;
  readonly observe: (written: { readonly stdout: string }) => void;
} {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const left = [...script];
  let seen = 0;
  return {
    stdin,
    observe({ stdout }) {
      const [next] = left;
      if (next === undefined) return;
      const at = stdout.indexOf(next[0], seen);
      if (at === -1) return;
      seen = at + next[0].length;
      left.shift();
      setImmediate(() => stdin.write(next[1]));
    },
  };
}

test("on a terminal Tab completes commands and watchers, Ctrl-C drops the line, and the history is kept", async (context) => {
  const directory = await tempDir(context);
  const env = { XDG_STATE_HOME: directory.path, NO_COLOR: "1" };
  const names = (): object => ({ statuses: { web: "active" }, watchers: ["web"], status: "active" });
  const first = keyboard([
    ["(circusctl) ", "statu\t"],
    ["s ", "w\t"],
    ["eb ", "\r"],
    ["active", "nonsense\u0003"],
    ["^C", "numwatchers\r"],
    ["(circusctl) ", "\u0004"],
  ]);
  const { code, requests } = await circusctl([], { terminal: true, env, answer: names, ...first });
  assert.deepEqual(requests.slice(1), [
    { command: "commands", properties: {} },
    { command: "list", properties: {} },
    { command: "status", properties: { name: "web" } },
    { command: "numwatchers", properties: {} },
  ]);
  assert.equal(code, 0);
  const history = directory.join("circusctl", "history");
  assert.equal(readFileSync(history, "utf8"), "status web \nnumwatchers\n");
  assert.equal(statSync(history).mode & 0o777, 0o600);
  const second = keyboard([
    ["(circusctl) ", "\u001b[A\u001b[A\r"],
    ["(circusctl) ", "\u0004"],
  ]);
  const again = await circusctl([], { terminal: true, env, answer: names, ...second });
  assert.deepEqual(again.requests.at(-1), { command: "status", properties: { name: "web" } });
});
