/** Runs the command `circuit` inside the test, with ends of the test's own. */
import { Readable, Writable } from "node:stream";
import { runCircuit } from "../../src/cli/circuit/circuit.js";
import type { CircuitWorld, EndSignal } from "../../src/cli/circuit/world.js";
import { fail } from "../../src/core/result.js";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly ended: Promise<Ran>;
  /** What it has written so far. */
  readonly stdout: Buffer;
  readonly stderr: string;
  /** As when the terminal's user presses Ctrl-C. */
  signal(name: EndSignal): void;
}

export interface Ends {
  readonly stdin?: string | Readable;
  /** Takes what is written in place of the test. */
  readonly stdout?: Writable;
}

/** How to reach servers, and whatever else of the world a test gives. */
export type Given = Pick<CircuitWorld, "dialling"> & Partial<CircuitWorld>;

/** @example `await circuitCommand(given)(["ls", "/"])` */
export function circuitCommand(given: Given): (argv: readonly string[], ends?: Ends) => Promise<Ran> {
  return (argv, ends) => beginCircuit(given, argv, ends).ended;
}

export function beginCircuit(given: Given, argv: readonly string[], ends: Ends = {}): Running {
  const written = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const listeners = new Set<(signal: EndSignal) => void>();
  const running = {
    get stdout() {
      return Buffer.concat(written.stdout);
    },
    get stderr() {
      return Buffer.concat(written.stderr).toString();
    },
    signal: (name: EndSignal) => {
      for (const listener of listeners) listener(name);
    },
  };
  const world: CircuitWorld = {
    argv,
    env: {},
    stdin: inputOf(ends.stdin),
    stdout: ends.stdout ?? keeps(written.stdout),
    stderr: keeps(written.stderr),
    version: "1.2.3",
    readKeyFile: async (path) => fail(`Cannot read the key file "${path}": no such file`),
    readText: async () => fail("no such file"),
    search: async () => fail("no network device sends multicast"),
    start: async () => 0,
    onSignal(heard) {
      listeners.add(heard);
      return () => void listeners.delete(heard);
    },
    ...given,
  };
  const ended = runCircuit(world).then((code) => ({ code, stdout: running.stdout.toString(), stderr: running.stderr }));
  return Object.assign(running, { ended });
}

function keeps(chunks: Buffer[]): Writable {
  return new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk);
      done();
    },
  });
}

function inputOf(stdin: string | Readable = ""): Readable {
  return typeof stdin === "string" ? Readable.from(stdin === "" ? [] : [Buffer.from(stdin)]) : stdin;
}
