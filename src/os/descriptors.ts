/**
 * The descriptors of one new worker: pipes for captured output, /dev/null, what it inherits, and sockets from number 3
 * on. Everything opened here is closed again, whichever way the spawn goes.
 */
import { readdirSync } from "node:fs";
import type { OutputPlan, SpawnPlan } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";
import type { ErrnoName, FileAction, Native } from "./native.js";
import type { AttachedChannel, Writer } from "./streams/channel.js";

/** Our end of a pipe to a worker and who takes it when the worker is there. */
export interface Capture {
  readonly attach: (fd: number, worker: Writer) => void;
  readonly fd: number;
}

type Attach = Capture["attach"];

export interface DescriptorFailure {
  readonly stage: "fork" | "sockets";
  readonly code: ErrnoName;
  readonly message: string;
}

const FIRST_SOCKET = 3;
/** A worker that writes in bursts is held up less by a pipe of a mebibyte than by the usual 64 KiB. */
const PIPE_BYTES = 1024 * 1024;

export class Descriptors {
  readonly actions: FileAction[] = [];
  readonly captures: Capture[] = [];
  readonly #worker: number[] = [];
  readonly #native: Native;
  readonly #grow: boolean;

  constructor(native: Native, grow: boolean) {
    this.#native = native;
    this.#grow = grow;
  }

  /** Opens what the plan asks for and notes the actions that put it in place. */
  open(plan: SpawnPlan): DescriptorFailure | null {
    // The numbers from 3 on are about to be taken: whatever stands there and is needed is first moved up.
    const free = FIRST_SOCKET + plan.sockets.length;
    if (plan.stdin.kind === "socket") {
      const fd = this.#keep(plan.stdin.fd, free);
      if (!fd.ok) return fd.failure;
      this.actions.push({ do: "dup", fd: fd.value, as: 0 });
    } else if (plan.stdin.kind === "pipe") {
      const failed = this.#openPipe(plan.stdin.attach, 0);
      if (failed !== null) return failed;
    } else this.actions.push(plan.stdin.kind === "null" ? nothing(0) : inherited(0));
    for (const [as, output] of [[1, plan.stdout] as const, [2, plan.stderr] as const]) {
      const failed = this.#openOutput(output, as);
      if (failed !== null) return failed;
    }
    for (const [position, socket] of plan.sockets.entries()) {
      const fd = this.#keep(socket.fd, free);
      if (!fd.ok) return fd.failure;
      this.actions.push({ do: "dup", fd: fd.value, as: FIRST_SOCKET + position });
    }
    return null;
  }

  /** Closes what only the worker needs: after this the end of its output is the end of its pipe. */
  closeWorkerEnds(): void {
    for (const fd of this.#worker.splice(0)) this.#native.close(fd);
  }

  /** Closes all of it, for a spawn that failed. */
  closeAll(): void {
    this.closeWorkerEnds();
    for (const { fd } of this.captures.splice(0)) this.#native.close(fd);
  }

  #openOutput(output: OutputPlan, as: number): DescriptorFailure | null {
    if (output.kind === "pipe") return this.#openPipe(output.attach, as);
    if (output.kind !== "channel") {
      this.actions.push(output.kind === "null" ? nothing(as) : inherited(as));
      return null;
    }
    const { channel } = output;
    if (!isAttached(channel)) throw new Error("internal: this output channel cannot take a pipe");
    return this.#openPipe((fd, worker) => channel.attach(fd, worker), as);
  }

  /** One end for the worker as that descriptor, the other one for us. */
  #openPipe(attach: Attach, as: number): DescriptorFailure | null {
    const pipe = this.#native.pipe();
    const feeds = as === 0;
    if (!pipe.ok)
      return { stage: "fork", code: pipe.failure, message: `no pipe for its ${feeds ? "in" : "out"}put: ${tooMany(pipe.failure)}` };
    const { read, write } = pipe.value;
    const [ours, theirs] = feeds ? [write, read] : [read, write];
    this.captures.push({ attach, fd: ours });
    this.#worker.push(theirs);
    if (this.#grow) this.#native.growPipe(write, PIPE_BYTES);
    this.actions.push({ do: "dup", fd: theirs, as });
    return null;
  }

  /** The descriptor itself where it stands high enough, else a copy that does. */
  #keep(fd: number, free: number): Result<number, DescriptorFailure> {
    const copy = this.#native.duplicate(fd, free);
    if (!copy.ok) {
      const badFd = copy.failure === "EBADF";
      const message = badFd ? `descriptor ${fd} of a socket is not open` : `no descriptor for a socket: ${tooMany(copy.failure)}`;
      return fail({ stage: badFd ? "sockets" : "fork", code: copy.failure, message });
    }
    this.#worker.push(copy.value);
    return succeed(copy.value);
  }
}

/**
 * Marks everything that this process has inherited from whoever started it, so that no worker gets it. Node does so
 * for the first few numbers only; what it and its packages open later is marked from the start.
 */
export function keepFromWorkers(native: Native): void {
  for (const name of readdirSync("/proc/self/fd")) {
    const fd = Number(name);
    // The descriptor of this very listing is closed by now; that it fails is right.
    if (fd >= FIRST_SOCKET) native.closeOnExec(fd);
  }
}

function isAttached(channel: object): channel is AttachedChannel {
  return "attach" in channel && typeof channel.attach === "function";
}

function nothing(as: number): FileAction {
  return { do: "open", path: "/dev/null", as };
}

/** Node marks its own standard streams to be closed on exec; a dup onto itself takes the mark away. */
function inherited(as: number): FileAction {
  return { do: "dup", fd: as, as };
}

function tooMany(code: ErrnoName): string {
  if (code === "EMFILE") return "circusd has too many files open: raise its own limit (ulimit -n, LimitNOFILE)";
  if (code === "ENFILE") return "the system has too many files open: raise fs.file-max";
  return code;
}
