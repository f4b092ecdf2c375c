/** Container elements with an engine that does what a real one seldom does. */
import assert from "node:assert/strict";
import test from "node:test";
import type { IncomingCall } from "../../../../src/circuit/conversation.js";
import type { ContainerElement } from "../../../../src/cluster/container/container.js";
import { makeContainer } from "../../../../src/cluster/container/making.js";
import { tellEngine } from "../../../../src/cluster/container/telling.js";
import type { ContainerEngine, ContainerListener, EngineContainer, EngineFailure } from "../../../../src/core/circuit/container-port.js";
import { fail, succeed, type Result } from "../../../../src/core/result.js";
import { CircuitError } from "../../../../src/wire/circuit/errors.js";
import { VirtualClock } from "../../../helpers/virtual-clock.js";

type Step = keyof EngineContainer | keyof ContainerEngine;

/** Does all that it is asked for, but what it was told to refuse, and remembers the order. */
class PuppetEngine implements ContainerEngine {
  readonly asked: string[] = [];
  readonly #refusals = new Map<string, EngineFailure[]>();
  listener: ContainerListener | null = null;
  /** Called when the container ends. */
  end: () => void = () => undefined;

  refuse(step: Step, ...failures: readonly EngineFailure[]): this {
    this.#refusals.set(step, [...failures]);
    return this;
  }

  version = (): Promise<Result<string, EngineFailure>> => this.#do("version", 'Puppet 1 at "/puppet"');
  pull = (image: string): Promise<Result<void, EngineFailure>> => this.#do(`pull ${image}`, undefined);
  create = (name: string): Promise<Result<EngineContainer, EngineFailure>> => this.#do("create", this.#container(name));
  discard = (): Promise<Result<void, EngineFailure>> => this.#do("discard", undefined);

  #container(name: string): EngineContainer {
    const stdin = { write: async () => true, end: () => undefined, close: () => undefined };
    const output = { pause: () => undefined, resume: () => undefined, poll: () => undefined };
    return {
      name,
      attach: async (attend) => {
        const listener = attend({ stdin, stdout: output, stderr: output, release: () => void this.asked.push("release") });
        this.listener = listener;
        return this.#do("attach", listener);
      },
      start: () => this.#do("start", undefined),
      inspect: () => this.#do("inspect", { Name: name }),
      wait: async () => {
        const answer = await this.#do("wait", undefined);
        if (answer.ok) await new Promise<void>((resolve) => (this.end = resolve));
        return answer;
      },
      kill: () => this.#do("kill", undefined),
      stop: () => this.#do("stop", undefined),
      remove: ({ force }) => this.#do(force ? "remove by force" : "remove", undefined),
    };
  }

  async #do<T>(step: string, value: T): Promise<Result<T, EngineFailure>> {
    this.asked.push(step);
    const failure = this.#refusals.get(step.split(" ")[0] ?? "")?.shift();
    return failure === undefined ? succeed(value) : fail(failure);
  }
}

interface Scene {
  readonly clock: VirtualClock;
  readonly logged: string[];
  readonly make: (signal?: AbortSignal) => Promise<ContainerElement>;
}

function stage(engine: ContainerEngine): Scene {
  const clock = new VirtualClock();
  const logged: string[] = [];
  const log = { info: (text: string) => void logged.push(text), warning: (text: string) => void logged.push(text) };
  const make = makeContainer({ engine, clock, log });
  return {
    clock,
    logged,
    make: (signal = new AbortController().signal) => make({ Image: "any" }, "1", { leave: () => undefined, signal }),
  };
}

const GONE: EngineFailure = { kind: "unreachable", message: "nobody listens" };
const MISSING: EngineFailure = { kind: "missing", message: "No such image" };
const FAULT: EngineFailure = { kind: "fault", message: "it broke" };
/** `wait` looks at nothing else of its call. */
const CALL = { signal: new AbortController().signal } as IncomingCall;

async function rejects(made: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await assert.rejects(made, (error) => error instanceof CircuitError && error.code === code && message.test(error.message));
}

/** Lets everything happen that waits for nothing but other promises. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("an image that is not there is pulled once, and a container made of it then", async () => {
  const engine = new PuppetEngine().refuse("create", MISSING);
  await stage(engine).make();
  assert.deepEqual(engine.asked, ["create", "pull any", "create", "attach", "start", "wait"]);
});

test("where a step fails what may have been made is taken away, and the failure says why", async () => {
  const steps: readonly (readonly [Step, EngineFailure, string, RegExp])[] = [
    ["create", GONE, "unavailable", /"any": nobody listens/],
    ["create", FAULT, "process", /it broke/],
    ["create", { kind: "invalid", message: "no such mode" }, "invalid", /no such mode/],
    ["attach", FAULT, "process", /it broke/],
    ["start", { kind: "invalid", message: "no such program" }, "process", /no such program/],
    ["start", GONE, "unavailable", /nobody listens/],
  ];
  for (const [step, failure, code, message] of steps) {
    const engine = new PuppetEngine().refuse(step, failure);
    await rejects(stage(engine).make(), code, message);
    assert.equal(engine.asked.at(-1), "discard", step);
  }
});

test("a container that cannot be taken away is told in the log", async () => {
  const engine = new PuppetEngine().refuse("start", FAULT).refuse("discard", GONE);
  const { make, logged } = stage(engine);
  await rejects(make(), "process", /it broke/);
  assert.match(logged.join(), /^Cannot remove container "via-circuit-[0-9a-f]{16}": nobody listens$/);
});

test("nothing is started for a caller who has gone away", async () => {
  const engine = new PuppetEngine();
  await rejects(stage(engine).make(AbortSignal.abort()), "cancelled", /gone away/);
  assert.deepEqual(engine.asked, ["create", "attach", "discard"]);
});

test("an engine that goes away is asked again until it tells of the end", async () => {
  const engine = new PuppetEngine().refuse("wait", GONE, GONE);
  const { clock, make } = stage(engine);
  const element = await make();
  const waiting = element.handlers.wait?.(CALL, { path: [] });
  for (let second = 0; second < 2; second++) {
    await settle();
    await clock.advance(1);
  }
  await settle();
  for (const stream of ["stdout", "stderr"] as const) engine.listener?.outputEnded(stream);
  engine.end();
  assert.match(JSON.stringify(await waiting), /via-circuit-/);
  assert.deepEqual(engine.asked.slice(3), ["wait", "wait", "wait", "inspect"]);
});

test("the end waits for the last output, but not for ever", async () => {
  const engine = new PuppetEngine();
  const { clock, make } = stage(engine);
  const element = await make();
  let ended = false;
  const waiting = element.handlers.wait?.(CALL, { path: [] }).then(() => (ended = true));
  await settle();
  engine.end();
  await settle();
  assert.equal(ended, false);
  await clock.advance(2);
  await waiting;
});

test("scrub never fails, and tells what it could not do", async () => {
  const engine = new PuppetEngine().refuse("stop", GONE).refuse("remove", GONE);
  const { make, logged } = stage(engine);
  const element = await make();
  await element.scrub(true);
  assert.deepEqual(engine.asked.slice(-3), ["stop", "remove by force", "release"]);
  assert.match(logged.join(), /^Cannot remove container "(via-circuit-\w+)": nobody listens; "docker rm -f \1" does$/);
  await element.scrub(true);
  assert.equal(logged.length, 1);
});

test("scrub has nothing to say of a container that somebody else is just removing", async () => {
  const engine = new PuppetEngine().refuse("remove", { kind: "conflict", message: "removal is already in progress" });
  const { make, logged } = stage(engine);
  await (await make()).scrub(true);
  assert.deepEqual(logged, []);
});

test("the log says whether there is an engine", async () => {
  const { logged } = stage(new PuppetEngine());
  const log = { info: (text: string) => void logged.push(text), warning: (text: string) => void logged.push(`! ${text}`) };
  await tellEngine(new PuppetEngine(), log);
  await tellEngine(new PuppetEngine().refuse("version", GONE), log);
  assert.deepEqual(logged, ['Containers are run by Puppet 1 at "/puppet"', "! Containers cannot be run yet: nobody listens"]);
});
