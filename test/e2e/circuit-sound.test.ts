/** Where Circuit lost, blocked or left things behind: the program `circuit` is killed, interrupted and kept waiting. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { CircuitPrograms, type Ran, type Running, type Served } from "../helpers/circuit-programs.js";
import { eventually, kill } from "../helpers/facts.js";
import { isGone } from "../helpers/processes.js";

interface Stage {
  readonly programs: CircuitPrograms;
  readonly here: Served;
  /** Asks the server called "here". */
  readonly ask: (line: string, input?: string) => Promise<Ran>;
  /** The same for what goes on. */
  readonly begin: (line: string, isRead?: boolean) => Running;
  readonly peek: (path: string) => Promise<Record<string, unknown>>;
}

async function stage(t: TestContext): Promise<Stage> {
  const programs = await CircuitPrograms.of(t);
  const here = await programs.serve("here");
  const ask = programs.asking(here);
  return {
    programs,
    here,
    ask,
    begin: (line, isRead) => programs.begin(programs.words(here, line), isRead),
    peek: async (path) => {
      const { stdout } = await ask(`peek ${path}`);
      const told: unknown = JSON.parse(stdout);
      assert(typeof told === "object" && told !== null, stdout);
      return { ...told };
    },
  };
}

/** Starts a program at a path. @returns its pid */
async function make({ ask, peek }: Stage, path: string, command: Readonly<Record<string, unknown>>): Promise<number> {
  const { code, stderr } = await ask(`mkproc ${path}`, JSON.stringify(command));
  assert.equal(code, 0, stderr);
  return Number((await peek(path))["Pid"]);
}

function counted({ peek }: Stage, path: string, wanted: Readonly<Record<string, number>>): Promise<unknown> {
  return eventually(
    () => peek(path),
    (stat) => Object.entries(wanted).every(([name, value]) => stat[name] === value),
  );
}

test("a reader of stdout that is killed loses nothing that it has not printed", async (t) => {
  const all = await stage(t);
  await make(all, "/here/p", { Path: "seq", Args: ["100000"] });
  const reader = all.begin("stdout /here/p", false);
  const printing = reader.process.stdout;
  assert(printing);
  await once(printing, "readable");
  reader.signal("SIGKILL");
  const first = await text(printing);
  const rest = (await all.ask("stdout /here/p")).stdout.split("\n").slice(0, -1);
  const printed = first.split("\n").length - 1;
  // The first line may have been cut; what the dead one had not acknowledged may come again, and nothing is left out.
  assert(Number(rest[1]) <= printed + 2, `${printed} lines were printed, and the next began with ${rest[1]}`);
  assert.deepEqual(
    rest.slice(1),
    Array.from({ length: rest.length - 1 }, (_, index) => String(Number(rest[1]) + index)),
  );
  assert.equal(rest.at(-1), "100000");
});

test("a receiver that is killed with the message in its hands leaves it to the next, whole", async (t) => {
  const all = await stage(t);
  const { ask, begin } = all;
  await ask("mkchan /here/c 5");
  const message = "0123456789".repeat(60_000);
  await ask("send /here/c", message);
  // Nobody reads on what it prints, so that it cannot have printed all.
  const receiver = begin("recv /here/c", false);
  assert(receiver.process.stdout);
  await once(receiver.process.stdout, "readable");
  receiver.signal("SIGKILL");
  assert.equal((await ask("recv /here/c")).stdout, message);
  await counted(all, "/here/c", { NumRecv: 1, Buffered: 0 });
});

test("Ctrl-C ends a receiver whose pipe stands full, and the message stays", async (t) => {
  const { ask, begin } = await stage(t);
  await ask("mkchan /here/c 5");
  const message = "0123456789".repeat(60_000);
  await ask("send /here/c", message);
  const receiver = begin("recv /here/c", false);
  assert(receiver.process.stdout);
  await once(receiver.process.stdout, "readable");
  receiver.signal("SIGINT");
  assert.equal((await receiver.ended()).code, 130);
  assert.equal((await ask("recv /here/c")).stdout, message);
});

test("of a sender that is killed nothing arrives that looks whole, be it small or large", async (t) => {
  const all = await stage(t);
  const { ask, begin } = all;
  await ask("mkchan /here/c 5");
  const small = begin("send /here/c");
  small.process.stdin?.write("x".repeat(900_000));
  await eventually(
    () => small.process.stdin?.writableLength,
    (length) => length === 0,
  );
  small.signal("SIGKILL");
  await small.ended();

  const large = begin("send /here/c");
  large.process.stdin?.write("x".repeat(3 * 1024 * 1024));
  const receiver = begin("recv /here/c");
  await eventually(
    () => receiver.stdout.length,
    (length) => length > 1024 * 1024,
  );
  large.signal("SIGKILL");
  const { code, stderr } = await receiver.ended();
  assert.equal(code, 1);
  assert.match(stderr, /^circuit: .+\n$/);

  await ask("send /here/c", "whole");
  assert.deepEqual(await ask("recv /here/c"), { code: 0, stdout: "whole", stderr: "" });
});

test("wait returns though nobody reads what the process writes, and though somebody holds its stdin open", async (t) => {
  const all = await stage(t);
  await make(all, "/here/p", { Path: "sh", Args: ["-c", "read line; seq 1000000; exit 3"] });
  const writer = all.begin("stdin --keep /here/p");
  const waiter = all.begin("wait /here/p");
  writer.process.stdin?.write("go\n");
  const { code, stdout } = await waiter.ended();
  assert.equal(code, 0);
  assert.match(stdout, /"ExitCode": 3/);
  assert.match(JSON.stringify((await all.peek("/here/p"))["Stdout"]), /"Dropped":5\d{6}\b/);
  // What is kept is the end of it, and the reader is told what is missing.
  const read = await all.ask("stdout /here/p");
  assert(read.stdout.endsWith("999999\n1000000\n"));
  assert.match(read.stderr, /5\d{6} bytes/);
  writer.signal("SIGINT");
  await writer.ended();
});

test("scrub lets a process run, scrub --kill ends it with its whole tree", async (t) => {
  const all = await stage(t);
  const script = "sleep 300 & echo $!; wait";
  const pids: number[] = [];
  for (const path of ["/here/left", "/here/killed"]) {
    const pid = await make(all, path, { Path: "sh", Args: ["-c", script] });
    const stdout = all.begin(`stdout ${path}`);
    await stdout.says(/^\d+\n/);
    pids.push(pid, Number(stdout.stdout));
    stdout.signal("SIGINT");
    assert.equal((await stdout.ended()).code, 130);
  }
  const [left = 0, leftChild = 0, killed = 0, killedChild = 0] = pids;
  t.after(() => {
    for (const pid of [left, leftChild]) if (!isGone(pid)) kill(pid, "SIGKILL");
  });
  assert.deepEqual(await Promise.all([all.ask("scrub /here/left"), all.ask("scrub --kill --timeout 20 /here/killed")]), [
    { code: 0, stdout: "", stderr: "" },
    { code: 0, stdout: "", stderr: "" },
  ]);
  assert.deepEqual([left, leftChild].map(isGone), [false, false]);
  // The dead are there until they are reaped.
  await eventually(
    () => [killed, killedChild].map(isGone),
    (gone) => !gone.includes(false),
  );
  assert.equal((await all.ask("ls /...")).stdout.split("\n").length, 2);
});

test("a server that stands still holds up nobody who asks others, and is a line of the listing", async (t) => {
  const all = await stage(t);
  const { programs, here, ask } = all;
  const other = await programs.serve("other", "-j", here.address);
  await here.running.says(/Server "other" .* is in the circuit/);
  await ask("mkchan /here/c 1");
  await ask("mkchan /other/c 1");
  other.running.signal("SIGSTOP");
  // The first two wait for the server that stands still, the others do not.
  const blocked = [ask("ls --timeout 2 /..."), ask("send --timeout 2 /other/c", "x")];
  assert.equal((await ask("send /here/c", "news")).code, 0);
  assert.equal((await ask("recv /here/c")).stdout, "news");
  const [listing, sending] = await Promise.all(blocked);
  assert.match(listing?.stdout ?? "", /^\/X[0-9a-f]{16}\/c$/m);
  assert.equal(listing?.code, 1);
  assert.match(listing?.stderr ?? "", /other|X[0-9a-f]{16}/);
  assert.equal(sending?.code, 1);
  assert.match(sending?.stderr ?? "", /^circuit: .+\n$/);
  await here.running.says(/Server "other" .* is lost/);
  assert.equal((await ask("ls /...")).code, 0);
  other.running.signal("SIGCONT");
  await eventually(
    () => here.running.stderr.match(/Server "other" .* is in the circuit/g)?.length,
    (count) => count === 2,
  );
});

/** Each waits for something that does not come. */
const WAITING: readonly string[] = [
  "wait /here/p",
  "waitall",
  "stdout /here/p",
  "stderr /here/p",
  "stdin --keep /here/p",
  "recv /here/c",
  "send /here/full",
  "recv /here/joins",
  "members --watch",
  "run @here -- sleep 300",
  "stk --name cpu --seconds 200 /here",
];

test("Ctrl-C ends every command that waits, and leaves nothing on the server", async (t) => {
  const all = await stage(t);
  const { ask, begin, peek } = all;
  await make(all, "/here/p", { Path: "sleep", Args: ["300"] });
  await Promise.all(["mkchan /here/c 0", "mkchan /here/full 0", "mk@join /here/joins"].map((line) => ask(line)));
  await ask("recv /here/joins");
  const before = await ask("ls /...");
  const waiting = WAITING.map((line) => begin(line));
  for (const one of waiting) one.process.stdin?.write("/here/p\n");
  waiting[WAITING.indexOf("send /here/full")]?.process.stdin?.end();
  await counted(all, "/here/c", { Receivers: 1 });
  await counted(all, "/here/full", { Senders: 1 });
  await eventually(
    () => ask("ls /..."),
    ({ stdout }) => stdout.split("\n").length > before.stdout.split("\n").length,
  );
  for (const one of waiting) one.signal("SIGINT");
  const ended = await Promise.all(waiting.map((one) => one.ended()));
  assert.deepEqual(
    ended.map(({ code, stderr }, index) => [WAITING[index], code, stderr]),
    WAITING.map((line) => [line, 130, ""]),
  );
  await counted(all, "/here/c", { Receivers: 0 });
  await counted(all, "/here/full", { Senders: 0 });
  await eventually(
    () => ask("ls /..."),
    ({ stdout }) => stdout === before.stdout,
  );
  assert.equal((await peek("/here/p"))["Phase"], "running");
  // Whoever comes next is the only reader.
  const next = begin("stdout /here/p");
  kill(Number((await peek("/here/p"))["Pid"]), "SIGKILL");
  assert.equal((await next.ended()).code, 0);
});

test("a call that takes too long ends by itself", async (t) => {
  const { programs, here } = await stage(t);
  here.running.signal("SIGSTOP");
  const lines = ["ls /", "peek /here/p", "mkchan /here/c 0", "scrub /here/p", "members", "recv /here/c", "wait /here/p"];
  const ended = await Promise.all(lines.map((line) => programs.asking(here, "--timeout", "0.7")(line)));
  here.running.signal("SIGCONT");
  for (const { code, stderr } of ended) {
    assert.equal(code, 1);
    assert.match(stderr, /^circuit: Cannot reach "tcp:.*": no answer within 0\.7 s.*\n$/);
  }
});

test("a process that cannot be started leaves no element", async (t) => {
  const { ask } = await stage(t);
  for (const command of [
    '{"Path": "/no/such/program"}',
    '{"Path": "true", "Dir": "/no/such/directory"}',
    '{"Path": ""}',
    "{}",
    "no JSON",
  ]) {
    const { code, stdout, stderr } = await ask("mkproc /here/a/b", command);
    assert.deepEqual([code === 1 || code === 2, stdout], [true, ""], command);
    assert.match(stderr, /^circuit: .+\n$/, command);
  }
  assert.match((await ask("ls /...")).stdout, /^\/X[0-9a-f]{16}\n$/);
});
