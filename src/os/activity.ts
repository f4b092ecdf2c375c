/**
 * Tells when a listening descriptor has something to accept or read, without accepting or reading it.
 *
 * koffi gives libuv's own poll handles (uv_poll_t) to JavaScript, so the descriptors stand in the event
 * loop's epoll set beside everything else: no thread is blocked, nothing runs while all is idle, and
 * being unreferenced they never keep the process alive. Three properties of koffi's handles are met here:
 * - a handle that cannot be made ends the process, so only a fresh duplicate of a socket is ever given to it;
 * - its callback runs outside of Node's callback scope (promises would wait for the next event), so it
 *   only schedules the real work;
 * - libuv switches the descriptor to O_NONBLOCK, which workers share, so a blocking one is switched back.
 */
import { fstatSync } from "node:fs";
import koffi from "koffi";
import type { Cancel } from "../core/ports.js";
import type { SocketCalls } from "./native-sockets.js";

export interface Activity {
  /**
   * Calls `ready` once, never before this has returned, with the first of the descriptors that is
   * readable; then the watch is over. What is no open socket is never ready. To go on, ask again.
   */
  on(fds: readonly number[], ready: (fd: number) => void): Cancel;
  /** Leaves a descriptor out of every watch; to be called before it is closed. */
  forget(fd: number): void;
}

interface Watch {
  readonly fds: readonly number[];
  readonly ready: (fd: number) => void;
}

/** One poll handle for each descriptor, shared by all that watch it: libuv takes a descriptor once. */
interface Entry {
  readonly watches: Set<Watch>;
  readonly end: () => void;
}

type DescriptorCalls = Pick<SocketCalls, "duplicate" | "isBlocking" | "setBlocking" | "close">;

/** @example `const cancel = makeActivity(loadSocketCalls()).on([fd], () => start());` */
export function makeActivity(calls: DescriptorCalls): Activity {
  const entries = new Map<number, Entry>();

  const leave = (fd: number, watch: Watch): void => {
    const entry = entries.get(fd);
    if (entry === undefined || !entry.watches.delete(watch) || entry.watches.size > 0) return;
    entries.delete(fd);
    entry.end();
  };
  const cancel = (watch: Watch): void => {
    for (const fd of watch.fds) leave(fd, watch);
  };
  const report = (fd: number, entry: Entry): void => {
    if (entries.get(fd) !== entry) return;
    const watches = [...entry.watches];
    watches.forEach(cancel);
    for (const watch of watches) watch.ready(fd);
  };
  const enter = (fd: number): Entry | null => {
    const known = entries.get(fd);
    if (known !== undefined) return known;
    const end = poll(calls, fd, () => report(fd, entry));
    if (end === null) return null;
    const entry: Entry = { watches: new Set(), end };
    entries.set(fd, entry);
    return entry;
  };

  return {
    on: (fds, ready) => {
      const watch: Watch = { fds, ready };
      for (const fd of fds) enter(fd)?.watches.add(watch);
      return () => cancel(watch);
    },
    forget: (fd) => {
      const entry = entries.get(fd);
      if (entry === undefined) return;
      entries.delete(fd);
      entry.end();
    },
  };
}

/** Polls a duplicate, so that nobody closes the number under libuv's feet. */
function poll(calls: DescriptorCalls, fd: number, readable: () => void): (() => void) | null {
  const duplicate = calls.duplicate(fd);
  if (!duplicate.ok) return null;
  const own = duplicate.value;
  // Not with small numbers: see the log's stream-sink.ts.
  if (!fstatSync(own, { bigint: true }).isSocket()) {
    calls.close(own);
    return null;
  }
  const blocking = calls.isBlocking(own);
  const handle = koffi.node.poll(own, { readable: true }, () => {
    setImmediate(readable);
  });
  handle.unref();
  if (blocking.ok && blocking.value) calls.setBlocking(own, true);
  return () => {
    handle.close();
    calls.close(own);
  };
}
