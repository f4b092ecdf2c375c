/** A watcher in a world of its own: its clock stands still until told, its processes are what the test says. */
import { livePid } from "../../src/core/process.js";
import type { Exit, Pid } from "../../src/core/ports.js";
import type { WatcherSpec } from "../../src/core/spec.js";
import { makeWatcher } from "../../src/core/watcher/state.js";
import type { Answer, Command, Key, WatcherEffect, WatcherEvent, WatcherState } from "../../src/core/watcher/state.js";
import { step } from "../../src/core/watcher/step.js";

type Timer = { readonly at: number; readonly event: WatcherEvent };

export class VirtualWatcher {
  state: WatcherState;
  now = 0;
  /** Every effect so far, oldest first. */
  readonly effects: WatcherEffect[] = [];
  readonly answers = new Map<number, Answer>();
  readonly #timers = new Map<string, Timer>();
  readonly #pending: WatcherEvent[] = [];
  readonly #reaped = new Set<Pid>();
  #nextPid = 101;
  #nextTicket = 1;
  /** Answers given at once; a test that wants to answer itself turns them off. */
  automatic = { prepare: true, spawn: true, ready: true, confirm: true, close: true };
  /** A process obeys its stop signal at once. */
  obedient = true;
  spawnFailure: { stage: "exec" | "hook" } | null = null;

  constructor(spec: WatcherSpec) {
    this.state = makeWatcher(spec);
  }

  send(event: WatcherEvent): void {
    this.#pending.push(event);
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      const { state, effects } = step(this.state, next, { now: this.now, chance: 0.5 });
      this.state = state;
      for (const effect of effects) this.#perform(effect);
    }
  }

  command(command: Command): number {
    const ticket = this.#nextTicket++;
    this.send({ kind: "command", ticket, command });
    return ticket;
  }

  pids(): Pid[] {
    return this.state.members.map((member) => livePid(member.state)).filter((pid) => pid !== null);
  }

  keyOf(pid: Pid): Key {
    const member = this.state.members.find(({ state }) => "pid" in state && state.pid === pid);
    if (member === undefined) throw new Error(`no process ${pid}`);
    return member.key;
  }

  die(pid: Pid, exit: Exit = { kind: "exited", code: 1 }, leftovers = false): void {
    this.#reaped.add(pid);
    this.send({ kind: "exited", key: this.keyOf(pid), exit, leftovers });
  }

  /** Lets time pass; timers ring in order. */
  advance(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].filter(([, timer]) => timer.at <= end).sort(([, a], [, b]) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next[0]);
      this.now = Math.max(this.now, next[1].at);
      this.send(next[1].event);
    }
    this.now = end;
  }

  timers(): string[] {
    return [...this.#timers.keys()];
  }

  count(kind: WatcherEffect["do"]): number {
    return this.effects.filter((effect) => effect.do === kind).length;
  }

  #perform(effect: WatcherEffect): void {
    this.effects.push(effect);
    if (
      "pid" in effect &&
      effect.do !== "reaped" &&
      effect.do !== "killTree" &&
      effect.do !== "signalTree" &&
      this.#reaped.has(effect.pid)
    ) {
      throw new Error(`${effect.do} on pid ${effect.pid}, which was reaped`);
    }
    switch (effect.do) {
      case "prepare":
        if (this.automatic.prepare) this.#pending.push({ kind: "prepared", attempt: effect.attempt, outcome: "go" });
        return;
      case "spawn":
        if (this.automatic.spawn) this.spawned(effect.key);
        return;
      case "confirm":
        if (this.automatic.confirm) this.#pending.push({ kind: "confirmed", attempt: effect.attempt, ok: true });
        return;
      case "leave":
        this.#pending.push({ kind: "left" });
        return;
      case "close":
        if (this.automatic.close) this.#pending.push({ kind: "closed" });
        return;
      case "signal":
        if (this.obedient) this.#exit(effect.key, effect.pid, effect.signal.number);
        return;
      case "killTree":
        this.#exit(effect.key, effect.pid, 9);
        return;
      case "armDeadline":
        this.#timers.set(`deadline ${effect.key}`, { at: this.now + effect.delay, event: { kind: "deadline", key: effect.key } });
        return;
      case "disarmDeadline":
        this.#timers.delete(`deadline ${effect.key}`);
        return;
      case "armAge":
        this.#timers.set(`age ${effect.key}`, { at: this.now + effect.delay, event: { kind: "aged", key: effect.key } });
        return;
      case "disarmAge":
        this.#timers.delete(`age ${effect.key}`);
        return;
      case "armWake":
        this.#timers.set("wake", { at: this.now + effect.delay, event: { kind: "wake" } });
        return;
      case "disarmWake":
        this.#timers.delete("wake");
        return;
      case "answer":
        if (this.answers.has(effect.ticket)) throw new Error(`ticket ${effect.ticket} was answered twice`);
        this.answers.set(effect.ticket, effect.answer);
        return;
      case "signalTree":
      case "hangUp":
      case "watchSockets":
      case "unwatchSockets":
      case "release":
      case "reaped":
      case "publish":
      case "log":
      case "over":
      case "removed":
        return;
    }
  }

  /** What the performer says of a spawn. */
  spawned(key: Key): void {
    if (this.spawnFailure !== null) {
      this.#pending.push({ kind: "failed", key, failure: { ...this.spawnFailure, code: "ENOENT", message: "Cannot start" } });
      return;
    }
    this.#pending.push({ kind: "spawned", key, pid: this.#nextPid++, ready: this.automatic.ready });
  }

  /** Hands over what `spawned` has queued. */
  flush(): void {
    const next = this.#pending.shift();
    if (next !== undefined) this.send(next);
  }

  #exit(key: Key, pid: Pid, signal: number): void {
    const member = this.state.members.find((other) => other.key === key);
    const sweeping = member !== undefined && (member.state.kind === "sweeping" || member.state.kind === "purging");
    if (this.#reaped.has(pid)) {
      if (sweeping) this.#pending.push({ kind: "emptied", key });
      return;
    }
    this.#reaped.add(pid);
    this.#pending.push({ kind: "exited", key, exit: { kind: "signalled", signal, core: false }, leftovers: false });
  }
}
