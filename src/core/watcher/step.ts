/**
 * The whole behaviour of a watcher: state × event → new state and effects. Pure: time and chance come in,
 * deeds go out. Every event is first taken in, then the watcher is settled: its processes, its phase, the
 * command under way and the commands in line move on until nothing moves any more.
 */
import { never } from "../result.js";
import { describeExit } from "../exit.js";
import type { Exit, SpawnFailure } from "../ports.js";
import { failuresAfter, restartDelay } from "../restart.js";
import { armWake, fill, supervises } from "./fill.js";
import { accept, advanceOperation, answerKills, beginNext } from "./operations.js";
import { activate, advancePhase, beginStart, closed, giveUp, stopAll, watchAgain } from "./phases.js";
import { abandonReload, isBeingReplaced } from "./reloads.js";
import type { Key, Member, Moment, WatcherEvent, WatcherState, WatcherStep } from "./state.js";
import { Turn } from "./turn.js";

/**
 * @throws an "internal:" error for an event that cannot happen, such as a second exit of one process.
 * @example `const { state, effects } = step(makeWatcher(spec), { kind: "command", ticket: 1, command: { kind: "start" } }, moment)`
 */
export function step(state: WatcherState, event: WatcherEvent, at: Moment): WatcherStep {
  const turn = new Turn(state, at);
  takeIn(turn, event);
  settle(turn);
  return { state: turn.draft, effects: turn.effects };
}

function settle(turn: Turn): void {
  // Any of them may make room for any other; each returns false when it has nothing to do.
  while (fill(turn) || advancePhase(turn) || advanceOperation(turn) || beginNext(turn));
  answerKills(turn);
  armWake(turn);
}

function takeIn(turn: Turn, event: WatcherEvent): void {
  const { draft } = turn;
  switch (event.kind) {
    case "command":
      return accept(turn, event.ticket, event.command);
    case "prepared":
      return prepared(turn, event);
    case "confirmed":
      if (draft.phase.kind !== "confirming" || event.attempt !== draft.attempts) return;
      if (event.ok) return activate(turn);
      turn.log("warning", `${draft.spec.name}: after_start refused the start`);
      return giveUp(turn, { exit: null, reason: "after_start refused the start" });
    case "left":
      return draft.phase.kind === "leaving" ? stopAll(turn, draft.phase.then) : undefined;
    case "closed":
      return draft.phase.kind === "closing" ? closed(turn, draft.phase.then) : undefined;
    case "spawned":
      draft.failedStarts = 0;
      turn.tell(event.key, { kind: "spawned", pid: event.pid });
      if (event.ready) turn.tell(event.key, { kind: "ready" });
      if (draft.spec.maxAge > 0) turn.emit({ do: "armAge", key: event.key, delay: lifetime(turn) });
      return;
    case "failed":
      return failed(turn, event.key, event.failure);
    case "ready":
      return turn.tell(event.key, { kind: "ready" });
    case "vetoed":
      return vetoed(turn, event.key);
    case "exited":
      return exited(turn, event.key, event);
    case "emptied":
      return turn.tell(event.key, { kind: "emptied" });
    case "deadline":
      return overdue(turn, event.key);
    case "aged":
      return turn.find(event.key)?.doomed === null ? turn.doom(event.key, "killed") : undefined;
    case "wake":
      draft.wake = null;
      return watchAgain(turn);
    case "activity":
      return draft.phase.kind === "stopped" && draft.phase.armed ? beginStart(turn) : undefined;
    default:
      never(event);
  }
}

/** Milliseconds that a process may live, its share of chance drawn once. */
function lifetime(turn: Turn): number {
  const { maxAge, maxAgeVariance } = turn.draft.spec;
  return (maxAge + turn.at.chance * maxAgeVariance) * 1000;
}

function prepared(turn: Turn, event: Extract<WatcherEvent, { kind: "prepared" }>): void {
  const { draft } = turn;
  if (draft.phase.kind !== "preparing" || draft.phase.attempt !== event.attempt) return;
  switch (event.outcome) {
    case "go":
      draft.phase = { kind: "starting" };
      return;
    case "declined":
      turn.log("warning", `${draft.spec.name}: before_start refused the start`);
      return giveUp(turn, { exit: null, reason: "before_start refused the start" });
    case "failed":
      turn.log("error", event.reason);
      if (draft.operation !== null && draft.operation.kind !== "stop" && draft.operation.kind !== "remove") {
        turn.answer(draft.operation.ticket, { ok: false, reason: event.reason });
        draft.operation = null;
      }
      return giveUp(turn, { exit: null, reason: event.reason });
  }
}

/** Its time to end is over: it is killed, which may cost it work, and so is told. */
function overdue(turn: Turn, key: Key): void {
  const state = turn.find(key)?.state;
  if (state?.kind === "stopping" || state?.kind === "sweeping") {
    const who = state.kind === "stopping" ? `process ${state.pid}` : `what process ${state.pid} has left behind`;
    const seconds = Number(((turn.at.now - state.asked) / 1000).toFixed(1));
    turn.log("warning", `${turn.draft.spec.name}: ${who} has not ended within ${seconds} s; killing it with SIGKILL`);
  }
  turn.tell(key, { kind: "timeout" });
}

/** after_spawn refused a process that runs: an answer to one that is gone or going is of no use any more. */
function vetoed(turn: Turn, key: Key): void {
  if (!supervises(turn) || turn.find(key)?.doomed !== null) return;
  const cause = `${turn.draft.spec.name}: after_spawn refused the process`;
  turn.log("warning", cause);
  if (abandonReload(turn, key, "after_spawn refused a new process")) return;
  giveUp(turn, { exit: null, reason: "after_spawn refused the process" });
}

/** A process could not be started. */
function failed(turn: Turn, key: Key, failure: SpawnFailure): void {
  const { draft } = turn;
  const member = turn.find(key);
  if (member === undefined) return;
  turn.tell(key, { kind: "failed", failure });
  if (failure.stage !== "cancelled") turn.log("warning", failure.message);
  if (member.doomed !== null || failure.stage === "cancelled" || !supervises(turn)) return;
  if (abandonReload(turn, key, failure.message)) return;
  draft.failedStarts += 1;
  const { spec } = draft;
  if (failure.stage === "hook" || (spec.maxRetry >= 0 && draft.failedStarts >= spec.maxRetry)) {
    turn.log("error", `${spec.name} is given up after ${draft.failedStarts} failed start${draft.failedStarts === 1 ? "" : "s"}`);
    return giveUp(turn, { exit: null, reason: failure.message });
  }
  const failures = member.failures + 1;
  draft.vacancies = [...draft.vacancies, { failures, notBefore: turn.at.now + restartDelay(spec, failures), cause: "unstartable" }];
}

/** A session leader died. */
function exited(turn: Turn, key: Key, { exit, leftovers }: { readonly exit: Exit; readonly leftovers: boolean }): void {
  const { draft } = turn;
  const member = turn.find(key);
  if (member === undefined) return;
  const { state } = member;
  if (state.kind === "started" || state.kind === "ready" || state.kind === "stopping" || state.kind === "killing") {
    turn.emit({ do: "disarmAge", key }, { do: "reaped", key, pid: state.pid, exit });
  }
  turn.tell(key, { kind: "exited", exit, leftovers, sweep: turn.stopOrder() });
  draft.lastExit = draft.kills.some(({ keys }) => keys.has(key)) ? null : exit;
  if (!supervises(turn)) return;
  const respawns = draft.spec.respawn && !draft.spec.onDemand;
  if (member.doomed !== null) {
    if (member.doomed === "killed" && !respawns && !isBeingReplaced(turn, key)) draft.retired += 1;
    return;
  }
  died(turn, member, exit);
}

/** A process that nobody stopped has ended: its successor comes at once, or after a while when it keeps dying young. */
function died(turn: Turn, member: Member, exit: Exit): void {
  const { draft, at } = turn;
  const { spec } = draft;
  if (abandonReload(turn, member.key, `a new process ${describeExit(exit)}`)) return;
  const { state } = member;
  const life = state.kind === "started" || state.kind === "ready" ? { pid: state.pid, lived: at.now - state.since } : null;
  const obituary = `${spec.name}: process ${life?.pid ?? ""} ${describeExit(exit)}`;
  if (!spec.respawn || spec.onDemand) {
    turn.log("info", obituary);
    if (!isBeingReplaced(turn, member.key)) draft.retired += 1;
    return;
  }
  const failures = failuresAfter(spec, member.failures, life?.lived ?? 0);
  const delay = restartDelay(spec, failures);
  draft.vacancies = [...draft.vacancies, { failures, notBefore: at.now + delay, cause: "died" }];
  if (delay === 0) turn.log("info", `${obituary}; the next starts at once`);
  else turn.log("warning", `${obituary}, young like the one before; the next starts in ${delay / 1000} s`);
}
