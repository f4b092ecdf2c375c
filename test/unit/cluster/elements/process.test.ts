import assert from "node:assert/strict";
import test from "node:test";
import { endingOf } from "../../../../src/cluster/elements/process-exit.js";
import { makeProcess, type ProcessElement } from "../../../../src/cluster/elements/process.js";
import type { Program, ProgramListener, ProgramOutput, Programs } from "../../../../src/core/circuit/process-port.js";
import { succeed } from "../../../../src/core/result.js";
import type { Command } from "../../../../src/wire/circuit/contract.js";
import { VirtualClock } from "../../../helpers/virtual-clock.js";

const PIPE: ProgramOutput = { pause: () => undefined, resume: () => undefined, poll: () => undefined };
const TERM = 15;
const KILL = 9;
const CONT = 18;

interface Scene {
  readonly element: ProcessElement;
  readonly listener: ProgramListener;
  readonly program: Program;
  /** What was done to the process, in order. */
  readonly done: string[];
  readonly clock: VirtualClock;
}

/** A process that does nothing by itself. */
async function play(command: Partial<Command> = {}): Promise<Scene> {
  const done: string[] = [];
  const clock = new VirtualClock();
  let program: Program | null = null;
  const programs: Programs = {
    start: async (asked, attend) => {
      program = asked;
      const note = (what: string) => (): void => void done.push(what);
      const stdin = { write: () => Promise.resolve(true), end: note("stdin ends"), close: note("stdin is closed") };
      return succeed(
        attend({
          pid: 77,
          stdin,
          stdout: PIPE,
          stderr: PIPE,
          halted: () => null,
          signal: (signal) => {
            done.push(`signal ${signal}`);
            return succeed(undefined);
          },
          signalTree: (signal) => void done.push(`tree ${signal}`),
          release: note("released"),
        }),
      );
    },
  };
  const make = makeProcess({ programs, clock, grace: 3_000 });
  const element = await make({ Path: "/bin/x", ...command }, "1", { leave: () => void done.push("left") });
  assert.ok(program !== null);
  return { element, listener: element, program, done, clock };
}

test("a program is told apart from its arguments, and what is empty is inherited", async () => {
  const plain = await play({ Env: [], Dir: "", Args: null });
  assert.deepEqual(plain.program, { path: "/bin/x", args: [], env: null, dir: null });
  const full = await play({ Env: ["A=1", "A=2", "E="], Dir: "/d", Args: ["", "b"] });
  assert.deepEqual(full.program, { path: "/bin/x", args: ["", "b"], env: { A: "2", E: "" }, dir: "/d" });
});

test("how a process ended is told in Circuit's words", () => {
  const told = [
    endingOf({ kind: "exited", code: 0 }),
    endingOf({ kind: "exited", code: 255 }),
    endingOf({ kind: "signalled", signal: 11, core: true }),
    endingOf({ kind: "signalled", signal: 34, core: false }),
  ];
  assert.deepEqual(
    told.map(({ Phase, ExitCode, Exit }) => [Phase, ExitCode, Exit?.Signal, Exit?.Body]),
    [
      ["exited", 0, undefined, undefined],
      ["exited", 255, null, "exit status 255"],
      ["signaled", 139, "SEGV", "signal: segmentation fault (core dumped)"],
      ["signaled", 162, "RTMIN", "signal: signal 34"],
    ],
  );
});

test("scrub without kill lets go of the process and touches it no more", async () => {
  const { element, done, clock } = await play();
  await element.scrub(false);
  await element.scrub(true);
  assert.deepEqual(done, ["stdin ends", "released"]);
  assert.equal(clock.armed, 0);
});

test("scrub with kill asks first, and needs no more when all have gone in time", async () => {
  const { element, listener, done, clock } = await play();
  const scrubbed = element.scrub(true);
  await clock.advance(2);
  assert.deepEqual(done, ["stdin ends", `tree ${TERM}`, `tree ${CONT}`]);
  listener.exited({ kind: "signalled", signal: TERM, core: false }, true);
  await clock.advance(0.5);
  listener.emptied();
  await scrubbed;
  assert.deepEqual(done.slice(3), ["stdin is closed"]);
  assert.equal(clock.armed, 0);
});

test("scrub with kill kills after the grace, and does not wait for ever for what cannot be killed", async () => {
  const { element, done, clock } = await play();
  const scrubbed = element.scrub(true);
  await clock.advance(3.1);
  assert.deepEqual(done.slice(3), [`tree ${KILL}`]);
  await clock.advance(2);
  await scrubbed;
  assert.equal(clock.armed, 0);
});

test("scrub with kill ends what a process has left behind", async () => {
  const { element, listener, done } = await play();
  listener.exited({ kind: "exited", code: 0 }, true);
  const scrubbed = element.scrub(true);
  assert.ok(done.includes(`tree ${TERM}`));
  listener.emptied();
  await scrubbed;
});

test("with Scrub a process leaves its anchor once, when it ends", async () => {
  const { element, listener, done } = await play({ Scrub: true });
  listener.exited({ kind: "exited", code: 0 }, false);
  await element.scrub(true);
  assert.deepEqual(done, ["stdin is closed", "left", "stdin ends"]);
  const scrubbed = await play({ Scrub: true });
  const ending = scrubbed.element.scrub(true);
  scrubbed.listener.exited({ kind: "exited", code: 0 }, false);
  await ending;
  assert.ok(!scrubbed.done.includes("left"));
});
