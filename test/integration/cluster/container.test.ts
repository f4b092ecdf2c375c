/** Container elements with a real engine behind them. */
import assert from "node:assert/strict";
import test, { after } from "node:test";
import type { ContainerElement } from "../../../src/cluster/container/container.js";
import { makeContainer, type Berth } from "../../../src/cluster/container/making.js";
import type { Clock } from "../../../src/core/ports.js";
import { systemClock } from "../../../src/os/clock.js";
import { dockerEngine } from "../../../src/os/docker-engine.js";
import type { ContainerRun } from "../../../src/wire/circuit/contract.js";
import { CircuitError, type ErrorCode } from "../../../src/wire/circuit/errors.js";
import { DockerDaemon, withoutDocker } from "../../helpers/docker-daemon.js";
import { ElementStage, hear, type Client } from "../../helpers/element-stage.js";
import { eventually, fileWith } from "../../helpers/facts.js";
import { openRegistry } from "../../helpers/image-registry.js";
import { tempDir } from "../../helpers/temp.js";

interface Scene {
  readonly element: ContainerElement;
  readonly stage: ElementStage;
  readonly client: Client;
  readonly logged: readonly string[];
}

interface Inspected {
  readonly Name: string;
  readonly State: { readonly Status: string; readonly ExitCode: number; readonly Pid: number };
  readonly Config: Readonly<Record<string, unknown>>;
  readonly HostConfig: Readonly<Record<string, unknown>>;
}

const skip = withoutDocker();
const clock: Clock = systemClock();
// Connections to the engine keep no program alive.
const awake = setInterval(() => undefined, 60_000);
const started = skip === false ? await DockerDaemon.start({ after }) : null;
after(() => clearInterval(awake));

function daemon(): DockerDaemon {
  assert.ok(started);
  return started;
}

async function play(run: Partial<ContainerRun>, { grace = 10_000, signal = new AbortController().signal } = {}): Promise<Scene> {
  const stage = await ElementStage.open(clock);
  const logged: string[] = [];
  const log = { info: (text: string) => void logged.push(text), warning: (text: string) => void logged.push(text) };
  const berth: Berth = { leave: () => stage.anchorage.leave(), signal };
  const make = makeContainer({ engine: dockerEngine(daemon().host), clock, log, grace });
  const element = await make({ Image: daemon().image, ...run }, "1", berth);
  stage.place(element);
  return { element, stage, client: await stage.dial(), logged };
}

function shell(script: string): Pick<ContainerRun, "Path" | "Args"> {
  return { Path: "sh", Args: ["-c", script] };
}

/** The tests know what an engine tells; what does not stand there fails them. */
function inspected(stat: unknown): Inspected {
  return stat as Inspected;
}

async function look({ element }: Scene): Promise<Inspected> {
  return inspected(await element.stat());
}

function failsWith(code: ErrorCode, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof CircuitError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}

async function nothingIsLeft(): Promise<void> {
  assert.deepEqual(await daemon().containers(), []);
}

const NAME = /^\/via-circuit-[0-9a-f]{16}$/;

test("a container gets its settings, its output is kept, and its end is told with what the engine knows", { skip }, async (t) => {
  const dir = await tempDir(t);
  await dir.write("file", "of the host");
  const scene = await play({
    ...shell("pwd; cat /data/file; ls -d /anonymous; echo $OWN; touch /data/no 2>&1; echo error >&2; exit 3"),
    Dir: "/bin",
    Env: ["OWN=value"],
    Memory: 64 * 1024 * 1024,
    CpuShares: 3,
    Volume: [`${dir.path}:/data:ro`, "/anonymous"],
  });
  const { stat } = await scene.client.ask("wait", {});
  const { Name, State, HostConfig } = inspected(stat);
  assert.match(Name, NAME);
  assert.deepEqual([State.Status, State.ExitCode], ["exited", 3]);
  assert.deepEqual([HostConfig["Memory"], HostConfig["CpuShares"]], [64 * 1024 * 1024, 3]);
  const { text } = await scene.client.read({ stream: "stdout", follow: false });
  assert.equal(text, "/bin\nof the host/anonymous\nvalue\ntouch: /data/no: Read-only file system\n");
  assert.equal((await scene.client.read({ stream: "stderr" })).text, "error\n");
  assert.equal((await look(scene)).Name, Name);
  await scene.element.scrub(false);
  await nothingIsLeft();
});

test("the entry of an image is replaced, and its arguments follow", { skip }, async () => {
  const scene = await play({ Entry: "/bin/echo", Path: "one", Args: ["two words"] });
  assert.equal((await scene.client.read({ stream: "stdout" })).text, "one two words\n");
  await scene.element.scrub(true);
  await nothingIsLeft();
});

test("a container reads what is written to it, in several calls, up to its end", { skip }, async () => {
  const scene = await play({ Path: "cat" });
  await scene.client.write("one ", { keep: true });
  await scene.client.write("two");
  assert.equal((await scene.client.read({ stream: "stdout" })).text, "one two");
  await scene.client.ask("wait", {});
  await assert.rejects(scene.client.write("more"), failsWith("closed", /container "via-circuit-.*": it has finished/));
  await scene.element.scrub(true);
});

test("megabytes go in and come out whole", { skip }, async () => {
  const scene = await play({ Path: "cat" });
  const block = Buffer.alloc(256 * 1024, "0123456789abcdef");
  const sent = scene.client.open("stdin", {}, { ended: false });
  const heard = scene.client.read({ stream: "stdout" });
  for (let count = 0; count < 40; count++) await sent.send({ body: block });
  sent.end();
  await sent.result;
  assert.deepEqual([(await heard).bytes, (await heard).gaps], [40 * block.length, []]);
  await scene.element.scrub(true);
});

test("a reader that stops holds the container up, and one stream does not hold up the other", { skip }, async () => {
  const scene = await play(shell("cat; head -c 8000000 /dev/zero; echo done >&2"));
  const reading = scene.client.open("output", { stream: "stdout" });
  // It begins when its reader is there.
  await scene.client.write("");
  const parts = reading.parts()[Symbol.asyncIterator]();
  const first = await parts.next();
  assert.equal(first.done, false);
  const other = await play(shell("sleep 0.3; echo out; echo error >&2"));
  assert.equal((await other.client.read({ stream: "stderr" })).text, "error\n");
  await other.element.scrub(true);
  assert.equal((await look(scene)).State.Status, "running");
  let bytes = first.value?.body.length ?? 0;
  for (let next = await parts.next(); next.done !== true; next = await parts.next()) bytes += next.value.body.length;
  assert.equal(bytes, 8_000_000);
  assert.equal((await scene.client.read({ stream: "stderr" })).text, "done\n");
  await scene.element.scrub(true);
  await nothingIsLeft();
});

test("output that nobody reads holds nobody up, and the oldest of it is dropped", { skip }, async () => {
  const scene = await play(shell("head -c 3000000 /dev/zero; echo last"));
  await scene.client.ask("wait", {});
  const [kept, dropped, last] = [1024 * 1024, 3_000_005 - 1024 * 1024, Buffer.from("last\n")];
  const reading = scene.client.open("output", { stream: "stdout" });
  const heard: { readonly value?: unknown; readonly body: Uint8Array }[] = [];
  for await (const part of reading.parts()) heard.push(part);
  assert.deepEqual(heard[0]?.value, { dropped });
  assert.equal(
    heard.reduce((sum, { body }) => sum + body.length, 0),
    kept,
  );
  assert.deepEqual(Buffer.from(heard.at(-1)?.body.subarray(-last.length) ?? []), last);
  await scene.element.scrub(true);
});

test("signals reach the first process of the container", { skip }, async () => {
  const scene = await play(shell("trap 'echo usr1' USR1; trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done"));
  const heard = { text: "", bytes: 0, gaps: [] };
  const reading = hear(scene.client.open("output", { stream: "stdout" }), heard);
  await eventually(
    () => heard.text,
    (text) => text.includes("ready"),
  );
  await scene.client.ask("signal", { signal: "usr1" });
  await eventually(
    () => heard.text,
    (text) => text.includes("usr1"),
  );
  await scene.client.ask("signal", { signal: 15 });
  assert.equal(inspected((await scene.client.ask("wait", {})).stat).State.ExitCode, 7);
  await reading;
  await assert.rejects(
    scene.client.ask("signal", { signal: "TERM" }),
    failsWith("process", /Cannot send SIGTERM to container .*: it has finished already/),
  );
  await assert.rejects(scene.client.ask("signal", { signal: "NO" }), failsWith("invalid", /"NO" is no signal/));
  await scene.element.scrub(true);
});

test("scrub leaves a running container to itself, and says so", { skip }, async () => {
  const scene = await play(shell("cat; echo still there; sleep 60"));
  const waiting = scene.client.ask("wait", {});
  const name = (await look(scene)).Name.slice(1);
  await scene.element.scrub(false);
  await assert.rejects(waiting, failsWith("scrubbed", /was scrubbed/));
  await assert.rejects(scene.client.read({ stream: "stdout" }), failsWith("scrubbed", /was scrubbed/));
  assert.deepEqual(await daemon().containers(), [`${name} running`]);
  assert.match(
    scene.logged.join("\n"),
    new RegExp(`^Container "${name}" was scrubbed and runs on by itself; "docker rm -f ${name}" ends it$`),
  );
  // Its input has come to its end.
  await eventually(
    async () => (await daemon().ask("GET", `/containers/${name}/logs?stdout=1`)).text,
    (text) => text.includes("still there"),
  );
  await daemon().clear();
});

test("scrub with kill asks the container to end, and kills it after the grace", { skip }, async (t) => {
  const dir = await tempDir(t);
  const gentle = await play({
    ...shell("trap 'touch /data/heard; exit' TERM; while :; do sleep 0.05; done"),
    Volume: [`${dir.path}:/data`],
  });
  await gentle.element.scrub(true);
  await fileWith(dir.join("heard"), /^$/);
  await nothingIsLeft();
  const deaf = await play({ Path: "sleep", Args: ["60"] }, { grace: 1000 });
  await deaf.element.scrub(true);
  await nothingIsLeft();
});

test("a container with Scrub goes when it ends, with its element, and its readers get the rest", { skip }, async () => {
  const scene = await play({ ...shell("cat; head -c 200000 /dev/zero; exit 5"), Scrub: true });
  const waiting = scene.client.ask("wait", {});
  const heard = scene.client.read({ stream: "stdout" });
  await scene.client.write("");
  assert.equal(inspected((await waiting).stat).State.ExitCode, 5);
  assert.equal((await heard).bytes, 200_000);
  assert.equal(scene.stage.left, true);
  await eventually(
    () => daemon().containers(),
    (containers) => containers.length === 0,
  );
});

test("a container that somebody else removes has ended", { skip }, async () => {
  const scene = await play({ Path: "sleep", Args: ["60"] });
  const waiting = scene.client.ask("wait", {});
  await daemon().clear();
  // The engine may tell of the end before it is gone.
  await waiting.then(({ stat }) => assert.equal(inspected(stat).State.ExitCode, 137), failsWith("process", /removed by somebody else/));
  await assert.rejects(scene.element.stat(), failsWith("process", /removed by somebody else/));
  await scene.element.scrub(true);
  assert.deepEqual(scene.logged, []);
});

test("what cannot be run is refused with the engine's reason, and nothing is left", { skip }, async () => {
  await assert.rejects(play({ Path: "/no/such" }), failsWith("process", /Cannot run a container of "busybox:test": .*no such file/));
  await assert.rejects(play({ Path: "true", Dir: "relative" }), failsWith("invalid", /absolute/));
  await assert.rejects(play({ Path: "true", Memory: 1 }), failsWith("invalid", /[Mm]emory/));
  await assert.rejects(play({ Path: "true", Volume: ["/a:/b:nonsense"] }), /Cannot run a container of "busybox:test": .*nonsense/);
  await assert.rejects(play({ Image: "UPPER" }), failsWith("invalid", /UPPER/));
  await assert.rejects(play({ Path: "true" }, { signal: AbortSignal.abort() }), failsWith("cancelled", /gone away/));
  await nothingIsLeft();
});

test("an image that is not on the host is fetched first, unless nobody waits for it any more", { skip }, async (t) => {
  const registry = await openRegistry(t, await daemon().files());
  const scene = await play({ Image: `${registry.image}:1.0` });
  assert.equal((await scene.client.read({ stream: "stdout" })).text, "of the registry\n");
  await scene.element.scrub(true);
  await assert.rejects(
    play({ Image: registry.missing }),
    failsWith(
      "unavailable",
      /Cannot run a container of ".*missing": its image is not on this host, and cannot be fetched: manifest unknown$/,
    ),
  );
  const caller = new AbortController();
  const fetching = play({ Image: registry.slow }, { signal: caller.signal });
  await eventually(
    () => registry.isAsked,
    (isAsked) => isAsked,
  );
  caller.abort();
  await assert.rejects(fetching, failsWith("cancelled", /gone away/));
  await nothingIsLeft();
});

test("an engine that is started again is found again, and the end of the container is told", { skip }, async () => {
  const scene = await play(shell("trap exit TERM; while :; do sleep 0.05; done"));
  const waiting = scene.client.ask("wait", {});
  // A stop ends containers, and keeps them.
  await daemon().stop({ keep: true });
  await assert.rejects(scene.element.stat(), failsWith("unavailable", /nobody listens at ".*docker\.sock"/));
  await assert.rejects(play({ Path: "true" }), failsWith("unavailable", /nobody listens at ".*docker\.sock"; install and start/));
  await daemon().resume();
  assert.equal(inspected((await waiting).stat).State.Status, "exited");
  await scene.element.scrub(true);
  await nothingIsLeft();
});
