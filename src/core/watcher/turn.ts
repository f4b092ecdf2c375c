/** One step in the making: the state as it changes and the effects as they gather. Lives only inside `step`. */
import { isUp, livePid, stepProcess } from "../process.js";
import type { ProcessEvent, StopOrder } from "../process.js";
import type { Pid } from "../ports.js";
import type { Answer, Changed, Key, Member, Moment, Operation, Ticket, WatcherEffect, WatcherState } from "./state.js";

type Draft = { -readonly [K in keyof WatcherState]: WatcherState[K] };

export class Turn {
  readonly draft: Draft;
  readonly effects: WatcherEffect[] = [];

  constructor(
    state: WatcherState,
    readonly at: Moment,
  ) {
    this.draft = { ...state };
  }

  emit(...effects: WatcherEffect[]): void {
    this.effects.push(...effects);
  }

  log(level: "info" | "warning" | "error", message: string): void {
    this.emit({ do: "log", level, message });
  }

  /** Up, not asked to stop. */
  counted(): readonly Member[] {
    return this.draft.members.filter((member) => member.doomed === null && isUp(member.state));
  }

  livePids(): readonly Pid[] {
    return this.draft.members.map((member) => livePid(member.state)).filter((pid) => pid !== null);
  }

  find(key: Key): Member | undefined {
    return this.draft.members[this.#indexOf(key)];
  }

  /** Tells a process an event; one that is gone leaves the list. A process that was released hears nothing. */
  tell(key: Key, event: ProcessEvent): void {
    const index = this.#indexOf(key);
    const member = this.draft.members[index];
    if (member === undefined) return;
    const { state, effects } = stepProcess(member.state, event, this.at.now);
    if (state.kind === "gone") this.draft.members = this.draft.members.toSpliced(index, 1);
    else if (state !== member.state) this.draft.members = this.draft.members.with(index, { ...member, state });
    for (const effect of effects) this.emit({ ...effect, key });
  }

  /** Asks a process to stop. */
  doom(key: Key, why: "replaced" | "killed", order: StopOrder = this.stopOrder()): void {
    const index = this.#indexOf(key);
    const member = this.draft.members[index];
    if (member === undefined) return;
    if (member.doomed === null) this.draft.members = this.draft.members.with(index, { ...member, doomed: why });
    this.tell(key, { kind: "stop", order });
  }

  /** How this watcher's processes are stopped. */
  stopOrder(): StopOrder {
    const { stopSignal, gracefulTimeout, stopChildren } = this.draft.spec;
    return { signal: stopSignal, timeout: gracefulTimeout * 1000, children: stopChildren };
  }

  answer(ticket: Ticket, answer: Answer): void {
    this.emit({ do: "answer", ticket, answer });
  }

  /** Answers a command with what has changed since `before`. */
  answerChanged(ticket: Ticket, before: readonly Pid[]): void {
    this.answer(ticket, { ok: true, changed: changes(before, this.livePids()), numprocesses: this.draft.spec.numprocesses });
  }

  /** Ends the command under way with what it has achieved. */
  finish(operation: Operation): void {
    this.draft.operation = null;
    this.answerChanged(operation.ticket, operation.before);
  }

  /** By halves: members stand in the order of their birth, in which keys ascend, and there may be thousands. */
  #indexOf(key: Key): number {
    const { members } = this.draft;
    let low = 0;
    for (let high = members.length; low < high;) {
      const middle = (low + high) >> 1;
      if ((members[middle]?.key ?? key) < key) low = middle + 1;
      else high = middle;
    }
    return members[low]?.key === key ? low : -1;
  }
}

function changes(before: readonly Pid[], after: readonly Pid[]): Changed {
  const ascending = (a: Pid, b: Pid) => a - b;
  return {
    started: after.filter((pid) => !before.includes(pid)).sort(ascending),
    stopped: before.filter((pid) => !after.includes(pid)).sort(ascending),
    kept: after.filter((pid) => before.includes(pid)).sort(ascending),
  };
}
