/** Opens the streams of watchers: the port `Outputs` made real. */
import { randomBytes } from "node:crypto";
import { mkdtemp, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Clock, Log, Outputs, OutputStreamName, OutputTail } from "../../core/ports.js";
import { fail, type Result, succeed } from "../../core/result.js";
import type { StreamSpec } from "../../core/spec.js";
import { BlockPool } from "./backlog.js";
import { ByteSink } from "./byte-sink.js";
import { type AttachedChannel, Channel } from "./channel.js";
import { loadCustomStream } from "./custom-stream.js";
import { FileTarget } from "./file-target.js";
import { COLORS, planStream, type RolloverRule, type StreamPlan } from "./options.js";
import { Pump, type PumpContext, reasonOf } from "./pump.js";
import { QueueStream } from "./queue-stream.js";
import { RecordSink, type Taker } from "./record-sink.js";
import { isMissing, type Rollover, sizeRollover } from "./rollover.js";
import type { Account, Sink } from "./sink.js";
import { type Later, READ_SIZE } from "./source.js";
import { PLAIN, stampFrame } from "./stamp.js";
import { openStdout } from "./stdout-target.js";
import { strftime } from "./strftime.js";
import { Tail } from "./tail/tail.js";
import { timedRollover } from "./timed-rollover.js";
import type { Frame } from "./weave.js";

export interface OutputsContext {
  readonly log: Log;
  readonly clock: Clock;
  /** Descriptor that StdoutStream writes to; 1 is the daemon's standard output. */
  readonly stdout: number;
  /** Descriptor that standard error is passed on to. @default 2 */
  readonly stderr?: number;
}

interface Place {
  readonly watcher: string;
  readonly stream: OutputStreamName;
  readonly tail?: OutputTail;
}

/** `Outputs` with what a library's user needs besides. */
export interface StreamOutputs extends Outputs {
  open(spec: StreamSpec, of: Place): Promise<Result<AttachedChannel, string>>;
  /** The queue of a QueueStream that is open, else null. */
  queue(of: Place): QueueStream | null;
}

const STDERR = 2;
/** Enough that no two tails are taken for one. */
const LIFE_BYTES = 6;
/** Milliseconds for which a worker that writes many small pieces is left alone. */
const BREATH = 1;

/**
 * Tells whether a stream could be opened as far as that can be told without opening it; the failure names
 * the option, its value and what would be right.
 */
export function validateStream(spec: StreamSpec): Result<void, string> {
  const plan = planStream(spec);
  return plan.ok ? succeed(undefined) : plan;
}

/**
 * Makes the outputs of a daemon. Channels that name the same file share one writer.
 * @example `const outputs = createOutputs({ log, clock, stdout: 1 })`
 */
export function createOutputs(context: OutputsContext): StreamOutputs {
  const shop = new Shop(context);
  return {
    open: (spec, of) => shop.open(spec, of),
    queue: (of) => shop.queue(of),
    tail: () => new Tail({ clock: context.clock, life: randomBytes(LIFE_BYTES).toString("hex") }),
  };
}

interface Shared {
  readonly sink: Promise<Result<OpenSink, string>>;
  users: number;
}

interface OpenSink {
  readonly bytes: ByteSink;
  readonly file: FileTarget | null;
}

class Shop {
  readonly #context: OutputsContext;
  readonly #pool = new BlockPool();
  readonly #buffer = Buffer.allocUnsafeSlow(READ_SIZE);
  readonly #later: Later;
  readonly #shared = new Map<string, Shared>();
  readonly #queues = new Map<string, QueueStream>();

  constructor(context: OutputsContext) {
    this.#context = context;
    this.#later = batched(context.clock);
  }

  async open(spec: StreamSpec, of: Place): Promise<Result<AttachedChannel, string>> {
    const { log, clock } = this.#context;
    const openSink = (wanted: StreamSpec): Promise<Result<Sink, string>> => this.#openSink(wanted, of);
    const sink = await openSink(spec);
    if (!sink.ok) return sink;
    const tail = of.tail instanceof Tail ? { keeper: of.tail, stream: of.stream } : null;
    const context = { log, clock, buffer: this.#buffer, later: this.#later, label: labelOf(of), openSink, tail };
    return succeed(new Channel(spec, sink.value, context));
  }

  queue(of: Place): QueueStream | null {
    return this.#queues.get(labelOf(of)) ?? null;
  }

  async #openSink(spec: StreamSpec, of: Place): Promise<Result<Sink, string>> {
    const plan = planStream(spec);
    if (!plan.ok) return fail(`Cannot open ${labelOf(of)}: ${plan.failure}`);
    switch (plan.value.kind) {
      case "file":
        return this.#openFile(plan.value, of);
      case "own":
        return this.#openOwn(of.stream, null, of);
      case "stdout":
        return this.#openOwn("stdout", null, of);
      case "fancy":
        return this.#openOwn("stdout", this.#fancyFrame(plan.value, of), of);
      case "queue":
        return succeed(this.#openQueue(of));
      case "custom":
        return this.#openCustom(plan.value, of);
    }
  }

  async #openFile(plan: StreamPlan & { readonly kind: "file" }, of: Place): Promise<Result<Sink, string>> {
    const file = path.resolve(plan.filename ?? (await this.#temporaryFile(of)));
    const frame = plan.timeFormat === null ? null : stampFrame(strftime(plan.timeFormat), this.#context.clock, PLAIN);
    const sink = await this.#share(file, async () => {
      try {
        const target = await FileTarget.open(file, this.#context);
        return succeed(this.#byteSink(target, `"${file}" for ${labelOf(of)}`));
      } catch (error) {
        return fail(`Cannot open "${file}" for ${labelOf(of)}: ${await explain(error, file)}`);
      }
    });
    if (!sink.ok) return sink;
    // Where several channels name one file, the one that was opened last says how it is rolled over.
    const target = sink.value.file;
    target?.useRollover(rolloverOf(plan.rollover, target.lastWritten ?? this.#context.clock.epoch()));
    return succeed(sink.value.bytes.framed(frame, (account) => this.#release(file, account)));
  }

  async #openOwn(key: OutputStreamName, frame: Frame | null, of: Place): Promise<Result<Sink, string>> {
    const { stdout, stderr = STDERR } = this.#context;
    const label = `the standard ${key === "stdout" ? "output" : "error"}`;
    const sink = await this.#share(key, async () => {
      try {
        return succeed(this.#byteSink(await openStdout(key === "stdout" ? stdout : stderr), label));
      } catch (error) {
        return fail(`Cannot open ${label} for ${labelOf(of)}: ${reasonOf(error)}`);
      }
    });
    return sink.ok ? succeed(sink.value.bytes.framed(frame, (account) => this.#release(key, account))) : sink;
  }

  #byteSink(target: FileTarget | Awaited<ReturnType<typeof openStdout>>, label: string): OpenSink {
    const { log, clock } = this.#context;
    const context: PumpContext = { log, clock, pool: this.#pool, label };
    const file = target instanceof FileTarget ? target : null;
    return { bytes: new ByteSink(new Pump(target, context), context, () => file?.rotates ?? false), file };
  }

  async #share(key: string, make: () => Promise<Result<OpenSink, string>>): Promise<Result<OpenSink, string>> {
    const shared = this.#shared.get(key) ?? { sink: make(), users: 0 };
    shared.users++;
    this.#shared.set(key, shared);
    const sink = await shared.sink;
    if (!sink.ok && --shared.users === 0) this.#shared.delete(key);
    return sink;
  }

  async #release(key: string, account: Account): Promise<void> {
    const shared = this.#shared.get(key);
    if (shared === undefined || --shared.users > 0) return;
    this.#shared.delete(key);
    const sink = await shared.sink;
    if (sink.ok) await sink.value.bytes.close(account);
  }

  #openQueue(of: Place): Sink {
    const queue = new QueueStream();
    const label = labelOf(of);
    this.#queues.set(label, queue);
    return this.#recordSink(queue, `the queue of ${label}`, of);
  }

  async #openCustom(plan: StreamPlan & { readonly kind: "custom" }, of: Place): Promise<Result<Sink, string>> {
    const taker = await loadCustomStream(plan.target, plan.options, this.#context.clock);
    if (!taker.ok) return fail(`Cannot open ${labelOf(of)}: ${taker.failure}`);
    return succeed(this.#recordSink(taker.value, `"${plan.target.module}:${plan.target.name}" for ${labelOf(of)}`, of));
  }

  #recordSink(taker: Taker, label: string, of: Place): Sink {
    return new RecordSink(taker, { log: this.#context.log, clock: this.#context.clock, label, name: of.stream });
  }

  #fancyFrame(plan: StreamPlan & { readonly kind: "fancy" }, of: Place): Frame {
    const color = plan.color === null ? hash(of.watcher) % COLORS.length : COLORS.indexOf(plan.color);
    const dress = { before: `\x1b[0;3${color + 1};40m`, after: "\x1b[0m\n", skipEmpty: true };
    return stampFrame(strftime(plan.timeFormat), this.#context.clock, dress);
  }

  /** As Circus does it, but it says where. */
  async #temporaryFile(of: Place): Promise<string> {
    const file = path.join(await mkdtemp(path.join(os.tmpdir(), "circus-")), `${of.stream}.log`);
    this.#context.log.warning(`No filename is given for ${labelOf(of)}: it is written to "${file}"`);
    return file;
  }
}

function rolloverOf(rule: RolloverRule, begun: number): Rollover | null {
  switch (rule.kind) {
    case "never":
      return null;
    case "size":
      return sizeRollover(rule);
    case "time":
      return timedRollover(rule, begun);
  }
}

function labelOf(of: Place): string {
  return `${of.stream} of watcher "${of.watcher}"`;
}

async function explain(error: unknown, file: string): Promise<string> {
  const directory = path.dirname(file);
  if (isMissing(error)) {
    const found = await stat(directory).catch(() => null);
    if (found === null) return `no such directory "${directory}"`;
  }
  return reasonOf(error);
}

/** A watcher has the same colour each time, and two watchers mostly two colours. */
function hash(text: string): number {
  let value = 0;
  for (const byte of Buffer.from(text)) value = (value * 31 + byte) >>> 0;
  return value;
}

/** One timer for all sources that wait. */
function batched(clock: Clock): Later {
  let waiting: (() => void)[] = [];
  return (run) => {
    waiting.push(run);
    if (waiting.length > 1) return;
    clock.after(BREATH, () => {
      const due = waiting;
      waiting = [];
      for (const each of due) each();
    });
  };
}
