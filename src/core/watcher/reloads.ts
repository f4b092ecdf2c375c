/** The two reloads that replace processes: all at once beside the old ones, or one after the other. */
import { current } from "./fill.js";
import type { Key, Operation, Ticket } from "./state.js";
import type { Turn } from "./turn.js";

type Reload = Extract<Operation, { kind: "reload" }>;
type Roll = Extract<Operation, { kind: "roll" }>;

/** Begins to replace all processes there are. */
export function beginReload(turn: Turn, ticket: Ticket, sequential: boolean): void {
  const { draft } = turn;
  const before = turn.livePids();
  const old = turn.counted().map((member) => member.key);
  draft.vacancies = [];
  draft.retired = 0;
  draft.operation = sequential
    ? { kind: "roll", ticket, before, first: new Set(old), old }
    : // Those that are being stopped by a kill are as old as the others, and hold no place of a new one.
      { kind: "reload", ticket, before, old: new Set(draft.members.map((member) => member.key)), stage: "spawning" };
}

/** Moves a reload on, or ends it where the watcher has left the phase in which it can go on. @returns whether anything has changed */
export function advanceReload(turn: Turn, operation: Reload | Roll): boolean {
  if (turn.draft.phase.kind !== "active") {
    turn.draft.operation = null;
    turn.answer(operation.ticket, { ok: false, reason: `Cannot reload "${turn.draft.spec.name}": it has stopped meanwhile` });
    return true;
  }
  return operation.kind === "reload" ? advanceAll(turn, operation) : advanceNext(turn, operation);
}

function advanceAll(turn: Turn, operation: Reload): boolean {
  const { draft } = turn;
  if (operation.stage === "stopping") {
    if (draft.members.some((member) => operation.old.has(member.key) && member.doomed === "replaced")) return false;
    return finish(turn, operation);
  }
  const fresh = current(turn);
  if (fresh.length < wanted(turn) || fresh.some((member) => member.state.kind !== "ready")) return false;
  draft.operation = { ...operation, stage: "stopping" };
  for (const { key, doomed } of draft.members) if (doomed === null && operation.old.has(key)) turn.doom(key, "replaced");
  return true;
}

function advanceNext(turn: Turn, operation: Roll): boolean {
  const { draft } = turn;
  const present = draft.members.filter((member) => member.doomed !== "killed");
  const settled = present.every((member) => member.doomed === null && member.state.kind === "ready");
  if (!settled || present.length < wanted(turn)) return false;
  const [next, ...rest] = operation.old.filter((key) => turn.find(key)?.doomed === null);
  if (next === undefined) return finish(turn, operation);
  draft.operation = { ...operation, old: rest };
  turn.doom(next, "replaced");
  return true;
}

/** How many processes there are to be: those that ended for good are not missed. */
function wanted(turn: Turn): number {
  return turn.draft.spec.numprocesses - turn.draft.retired;
}

function finish(turn: Turn, operation: Reload | Roll): true {
  turn.emit({ do: "publish", event: "reload" });
  turn.log("info", `${turn.draft.spec.name} reloaded`);
  turn.finish(operation);
  return true;
}

/**
 * A process has ended or was refused while a reload is under way: where it was a new one, the reload is abandoned.
 * @returns whether its place is of no concern any more
 */
export function abandonReload(turn: Turn, key: Key, cause: string): boolean {
  const { draft } = turn;
  const { operation } = draft;
  if (operation?.kind === "reload" && !operation.old.has(key) && operation.stage === "spawning") {
    // The old ones go on, the new ones end.
    draft.operation = null;
    draft.vacancies = [];
    for (const member of draft.members) if (member.doomed === null && !operation.old.has(member.key)) turn.doom(member.key, "replaced");
    refuse(turn, operation.ticket, cause);
    return true;
  }
  if (operation?.kind === "roll" && !operation.first.has(key)) {
    // The rest of the old ones go on; the place is to be filled all the same.
    draft.operation = null;
    refuse(turn, operation.ticket, cause);
  }
  return false;
}

/** Whether a process is one that a reload is about to replace anyway. */
export function isBeingReplaced(turn: Turn, key: Key): boolean {
  const { operation } = turn.draft;
  return (operation?.kind === "reload" && operation.old.has(key)) || (operation?.kind === "roll" && operation.old.includes(key));
}

function refuse(turn: Turn, ticket: Ticket, cause: string): void {
  const reason = `Cannot reload "${turn.draft.spec.name}": ${cause}; the old processes go on`;
  turn.log("error", reason);
  turn.answer(ticket, { ok: false, reason });
}
