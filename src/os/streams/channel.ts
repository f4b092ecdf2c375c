/**
 * The stdout or stderr of all processes of one watcher: reads their pipes and passes what they say to a
 * sink, which can be exchanged while they run.
 */
import fs from "node:fs";
import type { Clock, Log, OutputChannel, OutputStreamName } from "../../core/ports.js";
import { type Result, succeed } from "../../core/result.js";
import type { StreamSpec } from "../../core/spec.js";
import { Passage } from "./passage.js";
import { type Account, CLOSE_LIMIT, type Flow, type Sink } from "./sink.js";
import { type Later, Source } from "./source.js";
import type { Tail, TailInlet } from "./tail/tail.js";

/** The process that writes into a pipe. */
export interface Writer {
  readonly pid: number;
  readonly wid: number;
  readonly watcher: string;
}

/** An output channel that workers' pipes are attached to. */
export interface AttachedChannel extends OutputChannel {
  /** Reads the pipe's read end till EOF and closes it; the descriptor belongs to the channel from now on. Never throws. */
  attach(readFd: number, meta: Writer): void;
}

export interface ChannelContext {
  readonly log: Log;
  readonly clock: Clock;
  readonly buffer: Buffer;
  readonly later: Later;
  /** `stdout of watcher "web"`. */
  readonly label: string;
  readonly openSink: (spec: StreamSpec) => Promise<Result<Sink, string>>;
  /** Also keeps what is read. */
  readonly tail: { readonly keeper: Tail; readonly stream: OutputStreamName } | null;
}

interface Feed {
  readonly source: Source;
  readonly passage: Passage;
  readonly kept: TailInlet | null;
}

export class Channel implements AttachedChannel {
  readonly #context: ChannelContext;
  readonly #account: Account = { dropped: 0 };
  readonly #feeds = new Set<Feed>();
  /** Sinks of earlier on that are not let go of yet. */
  readonly #partings = new Set<Promise<void>>();
  readonly #flow: Flow;
  #spec: StreamSpec;
  #sink: Sink;
  #closing: Promise<void> | null = null;
  #closesWhenIdle = false;

  constructor(spec: StreamSpec, sink: Sink, context: ChannelContext) {
    this.#spec = spec;
    this.#sink = sink;
    this.#context = context;
    this.#flow = { pause: () => this.#each((source) => source.pause()), resume: () => this.#each((source) => source.resume()) };
    sink.subscribe(this.#flow);
  }

  get spec(): StreamSpec {
    return this.#spec;
  }

  get dropped(): number {
    return this.#account.dropped;
  }

  attach(readFd: number, meta: Writer): void {
    if (this.#closing !== null) {
      this.#refuse(readFd, meta, "the stream is closed");
      return;
    }
    try {
      this.#feed(readFd, meta);
    } catch (error) {
      this.#refuse(readFd, meta, error instanceof Error ? error.message : String(error));
    }
  }

  async change(spec: StreamSpec): Promise<Result<void, string>> {
    const opened = await this.#context.openSink(spec);
    if (!opened.ok) return opened;
    if (this.#closing !== null) {
      await opened.value.close(this.#account);
      return succeed(undefined);
    }
    const old = this.#sink;
    this.#spec = spec;
    this.#sink = opened.value;
    old.unsubscribe(this.#flow);
    opened.value.subscribe(this.#flow);
    const late = this.#move(opened.value);
    const parted = this.#part(old, late);
    // Nobody knows when a worker ends its line, and whoever changes a stream is not to wait for that.
    await (late.length === 0 ? parted : this.#settle(old));
    return succeed(undefined);
  }

  reopen(): void {
    this.#sink.reopen();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  closeWhenIdle(): void {
    this.#closesWhenIdle = true;
    if (this.#feeds.size > 0) return;
    this.close().catch((error: unknown) => {
      this.#context.log.error(`Cannot close ${this.#context.label}: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  async #close(): Promise<void> {
    for (const feed of this.#feeds) {
      feed.source.close();
      feed.passage.end();
      feed.kept?.end();
    }
    this.#feeds.clear();
    this.#sink.unsubscribe(this.#flow);
    await Promise.all([...this.#partings, this.#release(this.#sink)]);
  }

  /** Lets go of a sink when the last one has left it. */
  async #part(sink: Sink, late: readonly Promise<void>[]): Promise<void> {
    const parted = Promise.all(late).then(() => this.#release(sink));
    this.#partings.add(parted);
    await parted;
    this.#partings.delete(parted);
  }

  /** What is still not written when waiting is over is dropped. */
  async #release(sink: Sink): Promise<void> {
    await this.#settle(sink);
    await sink.close(this.#account);
  }

  /** Waits for what is buffered, but not for ever. */
  #settle(sink: Sink): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#context.clock.after(CLOSE_LIMIT, resolve);
      void sink.settled().then(() => {
        cancel();
        resolve();
      });
    });
  }

  #feed(readFd: number, writer: Writer): void {
    const { pid } = writer;
    const { tail } = this.#context;
    let feed: Feed | null = null;
    const source = new Source(readFd, {
      buffer: this.#context.buffer,
      later: this.#context.later,
      onChunk: (chunk) => {
        feed?.passage.push(chunk);
        feed?.kept?.push(chunk);
      },
      onEnd: (error) => {
        if (error !== null) this.#context.log.warning(`Cannot read ${this.#context.label}, process ${pid}: ${error.message}`);
        if (feed === null) return;
        feed.passage.end();
        feed.kept?.end();
        this.#feeds.delete(feed);
        if (this.#closesWhenIdle) this.closeWhenIdle();
      },
    });
    const passage = new Passage(this.#sink, { pid, account: this.#account });
    feed = { source, passage, kept: tail?.keeper.begin(writer, tail.stream) ?? null };
    this.#feeds.add(feed);
    if (this.#sink.congested) source.pause();
  }

  /** Moves all feeds; tells when those leave their sink that have to finish a line there. */
  #move(sink: Sink): Promise<void>[] {
    const late: Promise<void>[] = [];
    for (const feed of this.#feeds) {
      const left = feed.passage.moveTo(sink);
      if (left !== null) late.push(left);
      // The rest of a line is short enough to be taken by a sink that is congested.
      if (sink.congested) feed.source.pause();
      else feed.source.resume();
    }
    return late;
  }

  #each(act: (source: Source) => void): void {
    for (const feed of this.#feeds) act(feed.source);
  }

  #refuse(readFd: number, meta: Writer, reason: string): void {
    this.#context.log.error(`Cannot read ${this.#context.label}, process ${meta.pid}: ${reason}`);
    try {
      fs.closeSync(readFd);
    } catch {
      // It was no open descriptor.
    }
  }
}
