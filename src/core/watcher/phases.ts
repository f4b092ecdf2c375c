/** The way of a watcher from stopped to active and back, phase by phase. */
import { describeExit } from "../exit.js";
import { failuresAfter, restartDelay } from "../restart.js";
import { hasHook } from "./state.js";
import type { AfterStop, Demise, Phase } from "./state.js";
import type { Turn } from "./turn.js";
import { current } from "./fill.js";

/** Begins to start; only from stopped. */
export function beginStart(turn: Turn): void {
  const { draft } = turn;
  if (draft.phase.kind === "stopped" && draft.phase.armed) turn.emit({ do: "unwatchSockets" });
  draft.heldDown = false;
  draft.demise = null;
  draft.lastExit = null;
  draft.watchFrom = null;
  draft.begun = turn.at.now;
  draft.attempts += 1;
  draft.phase = { kind: "preparing", attempt: draft.attempts };
  draft.vacancies = [];
  draft.retired = 0;
  draft.failedStarts = 0;
  draft.nextSpawn = turn.at.now;
  turn.emit({ do: "prepare", attempt: draft.attempts });
}

/** Waits for activity on the sockets before starting; for a while not even that, after runs that ended young. */
export function arm(turn: Turn): void {
  const { draft, at } = turn;
  draft.heldDown = false;
  draft.phase = { kind: "stopped", armed: true };
  const delay = restartDelay(draft.spec, draft.shortRuns);
  draft.watchFrom = delay > 0 ? at.now + delay : null;
  if (delay > 0) turn.log("warning", `${draft.spec.name} ended young again; it waits for activity from in ${delay / 1000} s on`);
  else turn.emit({ do: "watchSockets" });
}

/** The sockets are watched again once it is time. */
export function watchAgain(turn: Turn): void {
  const { draft, at } = turn;
  if (draft.watchFrom === null || draft.watchFrom > at.now) return;
  draft.watchFrom = null;
  turn.emit({ do: "watchSockets" });
}

/** Begins to stop, from any phase; where a stop is under way already, only its sequel changes. */
export function beginStop(turn: Turn, then: AfterStop): void {
  const { draft } = turn;
  switch (draft.phase.kind) {
    case "stopped":
      if (draft.phase.armed) turn.emit({ do: "unwatchSockets" });
      draft.phase = { kind: "stopped", armed: false };
      draft.watchFrom = null;
      return;
    case "preparing":
      // Nothing runs yet, and a slow before_start is not waited for.
      return close(turn, then);
    case "starting":
    case "confirming":
    case "active":
      if (hasHook(draft.spec, "before_stop")) {
        draft.phase = { kind: "leaving", then };
        turn.emit({ do: "leave" });
        return;
      }
      stopAll(turn, then);
      return;
    case "leaving":
    case "stopping":
    case "closing":
      draft.phase = { ...draft.phase, then };
  }
}

export function stopAll(turn: Turn, then: AfterStop): void {
  const { draft } = turn;
  draft.phase = { kind: "stopping", then };
  draft.vacancies = [];
  const order = turn.stopOrder();
  for (const { key, doomed } of draft.members) {
    // One that is being stopped already has had its signal, and may have more patience than a stop of all has.
    if (doomed === null) turn.doom(key, "replaced", order);
    else turn.tell(key, { kind: "hasten", timeout: order.timeout });
  }
}

/** @returns whether the phase has changed. */
export function advancePhase(turn: Turn): boolean {
  const before: Phase = turn.draft.phase;
  switch (before.kind) {
    case "starting":
      if (isAttempted(turn)) confirm(turn);
      break;
    case "active":
      if (isOver(turn)) end(turn);
      break;
    case "stopping":
      if (turn.draft.members.length === 0) close(turn, before.then);
      break;
    case "stopped":
    case "preparing":
    case "confirming":
    case "leaving":
    case "closing":
      break;
  }
  return turn.draft.phase !== before;
}

/** Every place was tried: it is filled, or its process has died, or it waits for another try without end. */
function isAttempted(turn: Turn): boolean {
  const { members, vacancies, spec } = turn.draft;
  const endless = spec.maxRetry < 0;
  return (
    // From the youngest on, which are the last to come up. One whose after_spawn is not done is not up either.
    members.findLast(({ state }) => state.kind === "starting" || state.kind === "started") === undefined &&
    vacancies.every((vacancy) => vacancy.cause === "died" || (vacancy.cause === "unstartable" && endless))
  );
}

/** All processes have ended for good. */
function isOver(turn: Turn): boolean {
  const { members, vacancies, retired } = turn.draft;
  return retired > 0 && members.length === 0 && vacancies.length === 0 && current(turn).length === 0;
}

function end(turn: Turn): void {
  const { lastExit, spec } = turn.draft;
  if (spec.onDemand) beginStop(turn, "arm");
  else if (lastExit === null) beginStop(turn, "stay");
  else giveUp(turn, { exit: lastExit, reason: `its last process ${describeExit(lastExit)}` });
}

/** Goes down without being told to. */
export function giveUp(turn: Turn, demise: Demise): void {
  turn.draft.demise = demise;
  beginStop(turn, "stay");
}

function confirm(turn: Turn): void {
  if (hasHook(turn.draft.spec, "after_start")) {
    turn.draft.phase = { kind: "confirming" };
    turn.emit({ do: "confirm", attempt: turn.draft.attempts });
    return;
  }
  activate(turn);
}

/** The watcher is up. */
export function activate(turn: Turn): void {
  turn.draft.phase = { kind: "active" };
  turn.emit({ do: "publish", event: "start" });
  turn.log("info", `${turn.draft.spec.name} started`);
}

/** Nothing runs any more: the streams may be closed. */
export function close(turn: Turn, then: AfterStop): void {
  const { operation } = turn.draft;
  turn.draft.phase = { kind: "closing", then };
  turn.emit({ do: "close", keepOutputs: operation?.kind === "remove" && operation.nostop });
}

/** Everything is closed: down, or on to the sequel. */
export function closed(turn: Turn, then: AfterStop): void {
  const { draft } = turn;
  draft.phase = { kind: "stopped", armed: false };
  draft.retired = 0;
  turn.log("info", `${draft.spec.name} stopped`);
  if (then === "start") return beginStart(turn);
  if (then === "stay") {
    if (draft.spec.essential && draft.demise !== null) turn.emit({ do: "over", demise: draft.demise });
    return;
  }
  draft.shortRuns = failuresAfter(draft.spec, draft.shortRuns, turn.at.now - draft.begun);
  arm(turn);
}
