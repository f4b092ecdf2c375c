/**
 * Counts how often inherited sockets have something to accept or read. A socket that is ready is looked at again 10 ms
 * later, so that a busy one counts at most a hundred times a second, as in Circus; an idle one costs nothing.
 */
import { fstatSync } from "node:fs";
import type { Cancel, Clock, SocketHits } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";
import { makeActivity, type Activity } from "./activity.js";
import { loadSocketCalls } from "./native-sockets.js";

/** Milliseconds. */
const PAUSE = 10;

/**
 * Begins to count. The failure names the first descriptor that is no open socket.
 * @example `const hits = countSocketHits([3, 4], systemClock());`
 */
export function countSocketHits(fds: readonly number[], clock: Pick<Clock, "after">): Result<SocketHits, string> {
  const stranger = fds.find((fd) => !isSocket(fd));
  if (stranger !== undefined) {
    return fail(`Cannot count on descriptor "${stranger}": it is no open socket; give the number of one that was inherited`);
  }
  return succeed(new Counter(fds, { activity: makeActivity(loadSocketCalls()), clock }));
}

class Counter implements SocketHits {
  readonly #activity: Activity;
  readonly #clock: Pick<Clock, "after">;
  readonly #counts = new Map<number, number>();
  /** What ends the watch or the pause of each. */
  readonly #cancels = new Map<number, Cancel>();

  constructor(fds: readonly number[], { activity, clock }: { readonly activity: Activity; readonly clock: Pick<Clock, "after"> }) {
    this.#activity = activity;
    this.#clock = clock;
    for (const fd of fds) this.#watch(fd);
  }

  take(): ReadonlyMap<number, number> {
    const taken = new Map([...this.#cancels.keys()].map((fd) => [fd, this.#counts.get(fd) ?? 0]));
    this.#counts.clear();
    return taken;
  }

  close(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }

  #watch(fd: number): void {
    const cancel = this.#activity.on([fd], () => {
      this.#counts.set(fd, (this.#counts.get(fd) ?? 0) + 1);
      this.#cancels.set(
        fd,
        this.#clock.after(PAUSE, () => this.#watch(fd)),
      );
    });
    this.#cancels.set(fd, cancel);
  }
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}
