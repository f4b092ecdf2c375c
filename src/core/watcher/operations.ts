/** Commands one after the other: how each begins, what moves it on, when it is done. */
import { livePid } from "../process.js";
import type { WatcherSpec } from "../spec.js";
import { arm, beginStart, beginStop } from "./phases.js";
import { advanceReload, beginReload } from "./reloads.js";
import type { Command, Operation, Ticket } from "./state.js";
import type { Turn } from "./turn.js";

type CommandOf<K> = Extract<Command, { kind: K }>;

/** Commands of one watcher that may wait, and twice as many stops: a client that does not look must not fill the memory. */
const MAX_WAITING = 1000;

/** Commands after which a watcher's end is what somebody asked for. */
const ANSWERS_FOR_ITS_END: ReadonlySet<Command["kind"]> = new Set(["start", "stop", "restart", "remove"]);

function tooMany(turn: Turn): string {
  return `Cannot take in another command for "${turn.draft.spec.name}": ${MAX_WAITING} wait already`;
}

/** Takes a command in: most stand in line; a stop goes first and a kill stands beside. */
export function accept(turn: Turn, ticket: Ticket, command: Command): void {
  const { draft } = turn;
  if (draft.removed) turn.answer(ticket, { ok: false, reason: `program ${draft.spec.name} not found` });
  else if (draft.queue.length + draft.kills.length >= MAX_WAITING * (command.kind === "stop" ? 2 : 1))
    turn.answer(ticket, { ok: false, reason: tooMany(turn) });
  else if (command.kind === "kill") kill(turn, ticket, command);
  else {
    if (command.kind === "stop" || command.kind === "remove") cutShort(turn);
    draft.queue = [...draft.queue, { ticket, command }];
  }
}

/** A stop does not wait for slow starts: what is under way or in line is answered as far as it came. */
function cutShort(turn: Turn): void {
  const { draft } = turn;
  if (draft.operation !== null && draft.operation.kind !== "remove" && draft.operation.kind !== "stop") turn.finish(draft.operation);
  const queue = draft.queue;
  draft.queue = queue.filter(({ command }) => command.kind === "stop" || command.kind === "remove");
  for (const { ticket, command } of queue) {
    if (command.kind === "stop" || command.kind === "remove") continue;
    if (command.kind === "resize") setNumprocesses(turn, command.by);
    if (command.kind === "configure") applyChange(turn, command.change);
    turn.answerChanged(ticket, turn.livePids());
  }
}

function kill(turn: Turn, ticket: Ticket, command: CommandOf<"kill">): void {
  const { draft } = turn;
  const victims = draft.members.filter((member) => {
    const pid = livePid(member.state);
    return pid !== null && (command.pid === null || command.pid === pid);
  });
  for (const { key } of victims) turn.doom(key, "killed", { signal: command.signal, timeout: command.timeout, children: command.children });
  draft.kills = [...draft.kills, { ticket, keys: new Set(victims.map((member) => member.key)) }];
}

/** Answers the kills whose victims are gone. */
export function answerKills(turn: Turn): void {
  const { draft } = turn;
  if (draft.kills.length === 0) return;
  const present = new Set(draft.members.map((member) => member.key));
  const isDone = (keys: ReadonlySet<number>) => [...keys].every((key) => !present.has(key));
  for (const { ticket, keys } of draft.kills) if (isDone(keys)) turn.answerChanged(ticket, turn.livePids());
  draft.kills = draft.kills.filter(({ keys }) => !isDone(keys));
}

/** Begins the next command in line when none is under way. @returns whether there was one. */
export function beginNext(turn: Turn): boolean {
  const { draft } = turn;
  const [next, ...rest] = draft.queue;
  if (draft.operation !== null || next === undefined) return false;
  draft.queue = rest;
  begin(turn, next.ticket, next.command);
  return true;
}

function begin(turn: Turn, ticket: Ticket, command: Command): void {
  const { draft } = turn;
  const before = turn.livePids();
  if (ANSWERS_FOR_ITS_END.has(command.kind)) draft.demise = null;
  switch (command.kind) {
    case "start":
      return start(turn, { kind: "start", ticket, before, reloads: false });
    case "stop":
      draft.operation = { kind: "stop", ticket, before };
      draft.heldDown = true;
      return beginStop(turn, "stay");
    case "restart":
      draft.operation = { kind: "restart", ticket, before };
      return draft.phase.kind === "stopped" ? beginStart(turn) : beginStop(turn, "start");
    case "reload":
      return reload(turn, ticket, command);
    case "resize":
      setNumprocesses(turn, command.by);
      draft.operation = { kind: "resize", ticket, before };
      return;
    case "configure":
      return configure(turn, ticket, command);
    case "remove":
      draft.operation = { kind: "remove", ticket, before, nostop: command.nostop };
      return command.nostop ? letGo(turn) : beginStop(turn, "stay");
    case "kill":
      return kill(turn, ticket, command);
  }
}

function start(turn: Turn, operation: Extract<Operation, { kind: "start" }>): void {
  const { draft } = turn;
  draft.shortRuns = 0;
  draft.operation = operation;
  switch (draft.phase.kind) {
    case "stopped":
      if (draft.spec.onDemand && !operation.reloads) {
        // Also one that waits before it watches its sockets again does so at once.
        if (!draft.phase.armed || draft.watchFrom !== null) arm(turn);
        turn.finish(operation);
        return;
      }
      return beginStart(turn);
    case "preparing":
    case "starting":
    case "confirming":
    case "active":
      // A user who says start does not want to wait for a back-off.
      draft.retired = 0;
      draft.failedStarts = 0;
      draft.vacancies = [];
      return;
    case "leaving":
    case "stopping":
    case "closing":
      return beginStop(turn, "start");
  }
}

function reload(turn: Turn, ticket: Ticket, command: CommandOf<"reload">): void {
  const { draft } = turn;
  const before = turn.livePids();
  if (!command.graceful) return begin(turn, ticket, { kind: "restart" });
  if (draft.phase.kind !== "active") return start(turn, { kind: "start", ticket, before, reloads: true });
  if (draft.spec.sendHup) {
    for (const { key, state } of turn.counted()) {
      const pid = livePid(state);
      if (pid !== null) turn.emit({ do: "hangUp", key, pid });
    }
    turn.emit({ do: "publish", event: "reload" });
    return turn.answerChanged(ticket, before);
  }
  beginReload(turn, ticket, command.sequential);
}

function configure(turn: Turn, ticket: Ticket, command: CommandOf<"configure">): void {
  const { draft } = turn;
  applyChange(turn, command.change);
  const before = turn.livePids();
  if (command.then === "manage") draft.operation = { kind: "resize", ticket, before };
  else if (command.then === "reload" && draft.phase.kind === "active")
    reload(turn, ticket, { kind: "reload", graceful: true, sequential: false });
  else turn.answerChanged(ticket, before);
}

function applyChange(turn: Turn, change: (spec: WatcherSpec) => WatcherSpec): void {
  const { draft } = turn;
  const before = draft.spec;
  draft.spec = change(before);
  // Places that were given up are places again.
  if (draft.spec.respawn && !before.respawn) draft.retired = 0;
}

function setNumprocesses(turn: Turn, by: number): void {
  const { spec } = turn.draft;
  const limit = spec.singleton ? 1 : Number.MAX_SAFE_INTEGER;
  const numprocesses = Math.min(limit, Math.max(0, spec.numprocesses + by));
  turn.draft.spec = { ...spec, numprocesses } satisfies WatcherSpec;
}

/** Forgets what runs; what is only being started is stopped. */
function letGo(turn: Turn): void {
  const { draft } = turn;
  if (draft.phase.kind === "stopped" || draft.phase.kind === "preparing") return beginStop(turn, "stay");
  draft.phase = { kind: "stopping", then: "stay" };
  draft.vacancies = [];
  for (const { key, state } of draft.members) {
    const pid = livePid(state);
    if (pid === null) continue;
    turn.emit({ do: "disarmDeadline", key }, { do: "disarmAge", key }, { do: "release", key, pid });
    draft.members = draft.members.filter((other) => other.key !== key);
  }
  for (const { key } of draft.members) turn.doom(key, "replaced");
}

/** Moves the command under way on. @returns whether anything has changed. */
export function advanceOperation(turn: Turn): boolean {
  const { operation } = turn.draft;
  switch (operation?.kind) {
    case undefined:
      return false;
    case "start":
    case "restart":
      return finishStart(turn, operation);
    case "stop":
      return turn.draft.phase.kind === "stopped" && finish(turn, operation);
    case "remove":
      return turn.draft.phase.kind === "stopped" && finishRemove(turn, operation);
    case "resize":
      return isSettled(turn) && finish(turn, operation);
    case "reload":
    case "roll":
      return advanceReload(turn, operation);
  }
}

function finish(turn: Turn, operation: Operation): true {
  turn.finish(operation);
  return true;
}

/** A start is done when the watcher is up, or down again because it could not start. */
function finishStart(turn: Turn, operation: Extract<Operation, { kind: "start" | "restart" }>): boolean {
  const { phase } = turn.draft;
  const up = phase.kind === "active" && isSettled(turn);
  if (!up && phase.kind !== "stopped") return false;
  if (operation.kind === "start" && operation.reloads) turn.emit({ do: "publish", event: "reload" });
  return finish(turn, operation);
}

function finishRemove(turn: Turn, operation: Operation): true {
  turn.draft.removed = true;
  turn.emit({ do: "removed" });
  const reason = `program ${turn.draft.spec.name} not found`;
  for (const { ticket } of turn.draft.queue) turn.answer(ticket, { ok: false, reason });
  turn.draft.queue = [];
  return finish(turn, operation);
}

/** No process is on its way up or down but those that a kill waits for, and those that are missing wait for a reason of their own. */
function isSettled(turn: Turn): boolean {
  const { members, vacancies, phase } = turn.draft;
  if (phase.kind !== "active" && phase.kind !== "stopped") return false;
  return (
    members.every((member) => member.doomed !== "replaced" && member.state.kind !== "starting" && member.state.kind !== "started") &&
    vacancies.every((vacancy) => vacancy.cause !== "fresh")
  );
}
