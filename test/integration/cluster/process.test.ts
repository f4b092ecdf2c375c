import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import test, { after } from "node:test";
import * as v from "valibot";
import { makeProcess, type ProcessElement } from "../../../src/cluster/elements/process.js";
import type { Clock } from "../../../src/core/ports.js";
import { systemClock } from "../../../src/os/clock.js";
import { systemPrograms } from "../../../src/os/element-programs.js";
import { loadNative } from "../../../src/os/native.js";
import { LinuxProcessHost } from "../../../src/os/process-host.js";
import { commandSchema, processStatSchema, type ProcessStat } from "../../../src/wire/circuit/contract.js";
import { CircuitError, type ErrorCode } from "../../../src/wire/circuit/errors.js";
import { ElementStage, hear, type Client, type Heard } from "../../helpers/element-stage.js";
import { eventually, fileWith, kill, sessionOf } from "../../helpers/facts.js";
import { isGone } from "../../helpers/processes.js";
import { tempDir } from "../../helpers/temp.js";

interface Cleanup {
  after(run: () => Promise<void>): void;
}

type CommandInput = v.InferInput<typeof commandSchema>;

interface Options {
  readonly grace?: number;
  readonly env?: Readonly<Record<string, string>>;
}

interface Scene {
  readonly element: ProcessElement;
  readonly stage: ElementStage;
  readonly client: Client;
  readonly stat: () => Promise<ProcessStat>;
}

const ENV = { PATH: process.env["PATH"] ?? "", OWN: "of the server" };
const clock: Clock = systemClock();
const host = new LinuxProcessHost(loadNative(), { subreaper: true, alone: true, log: { error: () => undefined } });
// Neither signals nor links of memory keep a program alive that waits for nothing else.
const awake = setInterval(() => undefined, 60_000);
after(async () => {
  clearInterval(awake);
  await host.close();
});

/** Starts a program as an element; what is left of it is killed after the test. */
async function play(t: Cleanup, command: CommandInput, { grace = 10_000, env = ENV }: Options = {}): Promise<Scene> {
  const programs = systemPrograms({ host, env, clock });
  const stage = await ElementStage.open(clock);
  const element = await makeProcess({ programs, clock, grace })(v.parse(commandSchema, command), "1", stage.anchorage);
  stage.place(element);
  t.after(async () => {
    await element.scrub(true);
  });
  return { element, stage, client: await stage.dial(), stat: async () => v.parse(processStatSchema, await element.stat()) };
}

function shell(script: string): CommandInput {
  return { Path: "/bin/sh", Args: ["-c", script] };
}

/** Shell that waits until somebody makes a file. */
function until(file: string): string {
  return `while [ ! -e '${file}' ]; do sleep 0.01; done`;
}

function failsWith(code: ErrorCode, message = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof CircuitError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}

/** The pipes that this program has open, by what the kernel calls them. */
function pipes(): readonly string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const name = readlinkSync(`/proc/self/fd/${fd}`);
      return name.startsWith("pipe:") ? name : [];
    } catch {
      return [];
    }
  });
}

async function statOf(waiting: Promise<{ readonly stat?: unknown }>): Promise<ProcessStat> {
  return v.parse(processStatSchema, (await waiting).stat);
}

test("a process gets its arguments, its directory and the environment of the server", async (t) => {
  const dir = await tempDir(t);
  const { client } = await play(t, { Path: "sh", Args: ["-c", 'pwd -P; echo "$0 $1 $OWN"', "zero", "one"], Dir: dir.path });
  assert.equal((await client.read({ stream: "stdout" })).text, `${dir.path}\nzero one of the server\n`);
});

test("an environment that is given replaces the server's, and the program is still found", async (t) => {
  const { client } = await play(t, { Path: "env", Env: ["A=1", "B=x=y", "A=2"] });
  assert.equal((await client.read({ stream: "stdout" })).text, "A=2\nB=x=y\n");
});

test("a program without a slash is looked for in the PATH that it is given", async (t) => {
  const dir = await tempDir(t);
  await dir.write("greet", "#!/bin/sh\necho hello $1\n", 0o755);
  const { client } = await play(t, { Path: "greet", Args: ["you"], Env: [`PATH=${dir.path}:${ENV.PATH}`] });
  assert.equal((await client.read({ stream: "stdout" })).text, "hello you\n");
});

test("a program that cannot be started is an error that says why, and leaves no descriptor", async (t) => {
  const dir = await tempDir(t);
  const file = await dir.write("data", "no program");
  const before = pipes();
  await assert.rejects(play(t, { Path: "/no/such/program" }), failsWith("process", /^Cannot start "\/no\/such\/program": no such file/));
  await assert.rejects(play(t, { Path: "no-such-program" }), failsWith("process", /no program "no-such-program" in PATH/));
  await assert.rejects(play(t, { Path: file }), failsWith("process", /is not executable/));
  await assert.rejects(play(t, { Path: "true", Dir: "/no/such/place" }), failsWith("process", /no such directory "\/no\/such\/place"/));
  await assert.rejects(play(t, { Path: "true", Env: ["A"] }), failsWith("invalid", /"A" in Env is no NAME=VALUE/));
  assert.deepEqual(
    pipes().filter((pipe) => !before.includes(pipe)),
    [],
  );
});

test("wait tells how a process ended, again and again", async (t) => {
  const { client, element } = await play(t, shell("exit 3"));
  const stat = await statOf(client.ask("wait", {}));
  assert.deepEqual(stat.Exit, { Code: 3, Signal: null, Body: "exit status 3" });
  assert.deepEqual([stat.Phase, stat.ExitCode, stat.Pid], ["exited", 3, element.pid]);
  assert.ok(stat.Ended !== null && stat.Ended >= stat.Started);
  assert.equal((await statOf(client.ask("wait", {}))).ExitCode, 3);
});

test("after code 0 there is no Exit, as in Circuit, but a phase and a code", async (t) => {
  const { client } = await play(t, shell("exit 0"));
  const { Exit, Phase, ExitCode } = await statOf(client.ask("wait", {}));
  assert.deepEqual([Exit, Phase, ExitCode], [null, "exited", 0]);
});

test("a signal may be named in any way, and the process tells which one ended it", async (t) => {
  for (const signal of ["TERM", "sigterm", 15, "15"]) {
    const { client } = await play(t, { Path: "sleep", Args: ["600"] });
    await client.ask("signal", { signal });
    const { Exit, Phase } = await statOf(client.ask("wait", {}));
    assert.deepEqual([Exit, Phase], [{ Code: 143, Signal: "TERM", Body: "signal: terminated" }, "signaled"]);
  }
});

test("a signal goes to the process alone, not to its children", async (t) => {
  const { client } = await play(t, shell("trap 'echo got it; exit 0' USR1; sleep 600 & echo $!; wait"));
  const call = client.open("output", { stream: "stdout" });
  const heard: Heard = { text: "", bytes: 0, gaps: [] };
  void hear(call, heard).catch(() => undefined);
  const child = Number(
    (
      await eventually(
        () => heard.text,
        (text) => text.includes("\n"),
      )
    ).trim(),
  );
  await client.ask("signal", { signal: "USR1" });
  assert.equal((await statOf(client.ask("wait", {}))).ExitCode, 0);
  await eventually(
    () => heard.text,
    (text) => text.includes("got it"),
  );
  assert.equal(isGone(child), false);
});

test("what is no signal and what has finished cannot be signalled", async (t) => {
  const { client } = await play(t, shell("exit 0"));
  await assert.rejects(client.ask("signal", { signal: "FOO" }), failsWith("invalid", /"FOO" is no signal/));
  await assert.rejects(client.ask("signal", { signal: 0 }), failsWith("invalid"));
  await client.ask("wait", {});
  await assert.rejects(client.ask("signal", { signal: "TERM" }), failsWith("process", /SIGTERM to process \d+: it has finished already/));
});

test("a stopped process is seen as stopped, and as continued when it goes on", async (t) => {
  const { client, stat } = await play(t, { Path: "sleep", Args: ["600"] });
  assert.equal((await stat()).Phase, "running");
  await client.ask("signal", { signal: "STOP" });
  await eventually(
    async () => (await stat()).Phase,
    (phase) => phase === "stopped",
  );
  assert.equal((await stat()).Phase, "stopped");
  await client.ask("signal", { signal: "CONT" });
  await eventually(
    async () => (await stat()).Phase,
    (phase) => phase === "continued",
  );
  assert.equal((await stat()).Phase, "continued");
});

test("wait returns though stdin is open, nobody reads, and a grandchild holds the pipes", async (t) => {
  const { client, stat } = await play(t, shell("sleep 600 & head -c 300000 /dev/zero; exit 4"));
  assert.equal((await statOf(client.ask("wait", {}))).ExitCode, 4);
  const { Stdout } = await stat();
  assert.deepEqual(Stdout, { Kept: 300_000, Taken: 0, Dropped: 0, Ended: false });
});

test("all that a process wrote is there when wait returns", async (t) => {
  for (let round = 0; round < 5; round++) {
    const { client } = await play(t, shell("sleep 600 & printf 'first\\n'; printf 'last\\n'; echo oops >&2"));
    await client.ask("wait", {});
    assert.equal((await client.read({ stream: "stdout", follow: false })).text, "first\nlast\n");
    assert.equal((await client.read({ stream: "stderr", follow: false })).text, "oops\n");
  }
});

test("a process whose output nobody reads is not blocked, and the next reader is told what is missing", async (t) => {
  const { client } = await play(t, { ...shell("head -c 3000000 /dev/zero; echo; echo end"), Buffer: 65_536 });
  await client.ask("wait", {});
  const { gaps, bytes, text } = await client.read({ stream: "stdout" });
  assert.deepEqual([gaps, bytes], [[3_000_005 - 65_536], 65_536]);
  assert.ok(text.endsWith("\0\nend\n"));
});

test("with Overflow block a process waits for its reader, and nothing is dropped", async (t) => {
  const { client, stat } = await play(t, { ...shell("head -c 5000000 /dev/zero; echo; echo end"), Buffer: 65_536, Overflow: "block" });
  await eventually(
    async () => (await stat()).Stdout.Kept,
    (kept) => kept >= 65_536,
  );
  assert.equal((await stat()).Phase, "running");
  const { gaps, bytes, text } = await client.read({ stream: "stdout" });
  assert.deepEqual([gaps, bytes, text.endsWith("end\n") || bytes > 1_000_000], [[], 5_000_005, true]);
  assert.equal((await statOf(client.ask("wait", {}))).ExitCode, 0);
});

test("what has not been read ends with what is there, of a process that waits too", async (t) => {
  const dir = await tempDir(t);
  const { client } = await play(t, { ...shell(`head -c 500000 /dev/zero; ${until(dir.join("go"))}`), Buffer: 65_536, Overflow: "block" });
  let bytes = 0;
  while (bytes < 500_000) bytes += (await client.read({ stream: "stdout", follow: false })).bytes;
  assert.equal(bytes, 500_000);
  await dir.write("go", "");
});

test("one reader takes at a time, others copy; who comes too late is told who is there", async (t) => {
  const dir = await tempDir(t);
  const { client, stage } = await play(t, shell(`echo one; ${until(dir.join("go"))}; echo two`));
  const taker = client.open("output", { stream: "stdout" });
  const taken: Heard = { text: "", bytes: 0, gaps: [] };
  const takes = hear(taker, taken);
  await eventually(
    () => taken.text,
    (text) => text === "one\n",
  );
  const other = await stage.dial();
  await assert.rejects(
    other.read({ stream: "stdout" }),
    failsWith("busy", /Cannot read stdout of process \d+: ".+" reads it since \d{4}-.+Z/),
  );
  const copied = other.read({ stream: "stdout", copy: true });
  await dir.write("go", "");
  assert.equal((await takes).text, "one\ntwo\n");
  assert.match((await copied).text, /^(one\n)?two\n$/);
});

test("the next reader begins with what the one that died had not used", async (t) => {
  const { client, stage, stat } = await play(t, { ...shell("seq 1 200000; sleep 600"), Buffer: 2_000_000 });
  const whole = Array.from({ length: 200_000 }, (_, number) => `${number + 1}\n`).join("");
  await eventually(stat, ({ Stdout }) => Stdout.Kept === whole.length);
  const dying = await stage.dial();
  const parts = dying.open("output", { stream: "stdout" }).parts()[Symbol.asyncIterator]();
  let got = 0;
  // A part is used when the next one is asked for: here the last one never is.
  for (let part = await parts.next(); part.done !== true; part = await parts.next()) {
    got += part.value.body.length;
    if (got >= 600_000) break;
  }
  dying.conversation.close("dies");
  const readAgain = (): Promise<Heard | null> => client.read({ stream: "stdout", follow: false }).catch(() => null);
  const rest = await eventually(readAgain, (heard) => heard !== null);
  const { Taken, Dropped } = (await stat()).Stdout;
  assert.equal(Dropped, 0);
  const usedBefore = Taken - (rest?.bytes ?? 0);
  assert.ok(usedBefore > 0 && usedBefore < got, `${usedBefore} of ${got} bytes were used`);
  assert.equal(rest?.text.slice(0, 500), whole.slice(usedBefore, usedBefore + 500));
});

test("stdin takes what several callers write, and is closed by one that ends without keeping it", async (t) => {
  const { client, stage } = await play(t, { Path: "cat" });
  await client.write("one\n", { keep: true });
  const idle = client.open("stdin", {}, { ended: false });
  await (await stage.dial()).write("two\n");
  await assert.rejects(idle.result, failsWith("closed", /it was closed by a writer/));
  assert.equal((await client.read({ stream: "stdout" })).text, "one\ntwo\n");
  assert.equal((await statOf(client.ask("wait", {}))).ExitCode, 0);
  await assert.rejects(client.write("three\n"), failsWith("closed", /stdin of process \d+/));
  await client.write("");
});

test("a writer that goes away before its end leaves stdin open", async (t) => {
  const { client, stage } = await play(t, { Path: "cat" });
  const dying = await stage.dial();
  const call = dying.open("stdin", {}, { body: Buffer.from("half a li"), ended: false });
  const heard: Heard = { text: "", bytes: 0, gaps: [] };
  const reading = hear(client.open("output", { stream: "stdout" }), heard);
  await eventually(
    () => heard.text,
    (text) => text === "half a li",
  );
  dying.conversation.close("dies");
  await assert.rejects(call.result);
  await client.write("ne\n");
  assert.equal((await reading).text, "half a line\n");
});

test("a process that does not read its stdin holds the writer back", async (t) => {
  const dir = await tempDir(t);
  const { client } = await play(t, shell(`${until(dir.join("go"))}; wc -c`));
  const call = client.open("stdin", {}, { ended: false });
  let sent = 0;
  const sending = (async (): Promise<void> => {
    for (let round = 0; round < 64; round++) {
      await call.send({ body: new Uint8Array(131_072) });
      sent += 131_072;
    }
    call.end();
  })();
  await eventually(
    () => sent,
    (bytes) => bytes > 1_000_000,
  );
  const held = await eventually(
    () => new Promise<number[]>((resolve) => setImmediate(() => resolve([sent, sent]))),
    ([a, b]) => a === b,
  );
  assert.ok((held[0] ?? 0) < 4_000_000, `${held[0]} bytes were taken`);
  await dir.write("go", "");
  await sending;
  assert.equal((await client.read({ stream: "stdout" })).text.trim(), String(64 * 131_072));
  await call.result;
});

test("a writer is told when the process has gone, and when it reads no more", async (t) => {
  const dir = await tempDir(t);
  const gone = await play(t, shell(until(dir.join("go"))));
  const idle = gone.client.open("stdin", {}, { ended: false });
  const full = gone.client.open("stdin", {}, { body: Buffer.alloc(200_000), ended: false });
  void full.send({ body: new Uint8Array(1_500_000) }).catch(() => undefined);
  const refused = [
    assert.rejects(idle.result, failsWith("closed", /it (has finished|reads no more)/)),
    assert.rejects(full.result, failsWith("closed", /it (has finished|reads no more)/)),
  ];
  await dir.write("go", "");
  await Promise.all(refused);

  const deaf = await play(t, shell("exec <&-; echo closed; sleep 600"));
  const heard: Heard = { text: "", bytes: 0, gaps: [] };
  void hear(deaf.client.open("output", { stream: "stdout" }), heard).catch(() => undefined);
  await eventually(
    () => heard.text,
    (text) => text === "closed\n",
  );
  await assert.rejects(deaf.client.write("x"), failsWith("closed", /it reads no more/));
});

test("scrub leaves the process running, closes its stdin, and tells those who wait", async (t) => {
  const dir = await tempDir(t);
  const { client, element } = await play(t, shell(`cat; head -c 3000000 /dev/zero; echo done > '${dir.join("out")}'`));
  const waiting = client.ask("wait", {});
  const reading = client.read({ stream: "stdout" });
  const writing = client.open("stdin", {}, { ended: false });
  const told = [waiting, reading, writing.result].map((call) => assert.rejects(call, failsWith("scrubbed")));
  await client.write("x", { keep: true });
  await element.scrub(false);
  await Promise.all(told);
  await fileWith(dir.join("out"), /done/);
  await assert.rejects(client.ask("wait", {}), failsWith("scrubbed"));
});

test("a process that was scrubbed lives on when its host ends", async (t) => {
  const host = new LinuxProcessHost(loadNative(), { subreaper: true, alone: true, log: { error: () => undefined } });
  const stage = await ElementStage.open(clock);
  const make = makeProcess({ programs: systemPrograms({ host, env: ENV, clock }), clock });
  const element = await make({ Path: "sh", Args: ["-c", "sleep 600"] }, "1", stage.anchorage);
  t.after(() => kill(element.pid, "SIGKILL"));
  await element.scrub(false);
  await host.close();
  assert.equal(isGone(element.pid), false);
});

test("scrub with kill ends the whole tree, also those who do not hear", async (t) => {
  const dir = await tempDir(t);
  const script = `trap '' TERM; setsid sh -c 'trap "" TERM; echo $$ > "${dir.join("far")}"; while :; do sleep 1; done' & while :; do sleep 1; done`;
  const { element } = await play(t, shell(script), { grace: 50 });
  const far = Number((await fileWith(dir.join("far"), /\n/)).trim());
  assert.equal(sessionOf(element.pid), element.pid);
  assert.notEqual(sessionOf(far), element.pid);
  await element.scrub(true);
  for (const pid of [element.pid, far])
    await eventually(
      () => isGone(pid),
      (gone) => gone,
    );
});

test("scrub with kill lets a process end in its own way first, a stopped one too", async (t) => {
  const dir = await tempDir(t);
  const { client, element, stat } = await play(
    t,
    shell(`trap 'echo bye > "${dir.join("out")}"; exit 0' TERM; echo up; while :; do sleep 0.01; done`),
  );
  const heard: Heard = { text: "", bytes: 0, gaps: [] };
  void hear(client.open("output", { stream: "stdout" }), heard).catch(() => undefined);
  await eventually(
    () => heard.text,
    (text) => text === "up\n",
  );
  await client.ask("signal", { signal: "STOP" });
  await eventually(
    async () => (await stat()).Phase,
    (phase) => phase === "stopped",
  );
  await element.scrub(true);
  await fileWith(dir.join("out"), /bye/);
  assert.equal(isGone(element.pid), true);
});

test("with Scrub the element leaves when its process ends, after those who waited were answered", async (t) => {
  const dir = await tempDir(t);
  const { client, stage } = await play(t, { ...shell(`${until(dir.join("go"))}; seq 1 100000`), Scrub: true });
  const waiting = statOf(client.ask("wait", {}));
  const reading = client.read({ stream: "stdout" });
  await dir.write("go", "");
  assert.equal((await waiting).ExitCode, 0);
  assert.equal(stage.left, true);
  assert.equal((await reading).bytes, 588_895);
});

test("a process that has ended leaves no descriptor behind, whoever read it", async (t) => {
  const before = pipes();
  for (const script of ["echo read", "head -c 3000000 /dev/zero", "exec <&- >&- 2>&-", "echo scrubbed"]) {
    const { client, element } = await play(t, shell(script));
    await client.ask("wait", {});
    if (script === "echo read") await client.read({ stream: "stdout" });
    if (script === "echo scrubbed") await element.scrub(false);
  }
  await eventually(
    () => pipes().filter((pipe) => !before.includes(pipe)),
    (left) => left.length === 0,
  );
});

test("a call that is given up leaves nothing behind", async (t) => {
  const { client } = await play(t, shell("sleep 600"));
  for (let round = 0; round < 3; round++) {
    const calls = [client.open("wait", {}), client.open("output", { stream: "stdout" }), client.open("stdin", {}, { ended: false })];
    const failed = calls.map((call) => assert.rejects(call.result, failsWith("cancelled")));
    for (const call of calls) call.cancel("enough");
    await Promise.all(failed);
  }
  await eventually(
    () =>
      client.read({ stream: "stdout", follow: false }).then(
        () => true,
        () => false,
      ),
    (free) => free,
  );
});
