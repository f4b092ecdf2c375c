/** Keeps the number of processes right: fills vacancies when their time has come, stops the oldest of too many. */
import { isUp } from "../process.js";
import type { Member, Vacancy } from "./state.js";
import type { Turn } from "./turn.js";

/** Whether processes are kept alive in this phase. */
export function supervises(turn: Turn): boolean {
  const { kind } = turn.draft.phase;
  return kind === "starting" || kind === "confirming" || kind === "active";
}

/** The members that count towards numprocesses: during a graceful reload, only the new ones. */
export function current(turn: Turn): readonly Member[] {
  const { operation } = turn.draft;
  const counted = turn.counted();
  return operation?.kind === "reload" ? counted.filter((member) => !operation.old.has(member.key)) : counted;
}

/** Places that are neither filled nor given up; below zero where there are too many. */
function missing(turn: Turn): number {
  const { operation, members, spec, retired } = turn.draft;
  const old = operation?.kind === "reload" ? operation.old : null;
  let held = 0;
  for (const { key, state, doomed } of members) {
    // One that is being stopped holds its place, so that there are never more than numprocesses; but those that a
    // graceful reload replaces overlap with their successors.
    if (old?.has(key) === true) continue;
    if (doomed !== null || isUp(state)) held += 1;
  }
  return spec.numprocesses - held - retired;
}

/** @returns whether anything was started or stopped. */
export function fill(turn: Turn): boolean {
  if (!supervises(turn)) {
    turn.draft.vacancies = [];
    return false;
  }
  const places = missing(turn);
  if (places < 0) {
    turn.draft.vacancies = [];
    return trim(turn);
  }
  return (places > 0 || turn.draft.vacancies.length > 0) && spawnDue(turn, places);
}

function trim(turn: Turn): boolean {
  const up = current(turn);
  const surplus = up.slice(0, Math.max(0, up.length - turn.draft.spec.numprocesses));
  for (const { key } of surplus) turn.doom(key, "replaced");
  return surplus.length > 0;
}

function spawnDue(turn: Turn, places: number): boolean {
  const { draft, at } = turn;
  draft.vacancies = vacancies(turn, places);
  if (draft.vacancies.every((vacancy) => vacancy.notBefore > at.now || draft.nextSpawn > at.now)) return false;
  const taken = new Set(draft.members.map((member) => member.wid));
  let wid = 0;
  const waiting: Vacancy[] = [];
  const born: Member[] = [];
  for (const vacancy of draft.vacancies) {
    if (vacancy.notBefore > at.now || draft.nextSpawn > at.now) waiting.push(vacancy);
    else {
      wid = freeWid(taken, wid + 1);
      born.push(spawn(turn, vacancy, wid));
    }
  }
  draft.vacancies = waiting;
  draft.members = [...draft.members, ...born];
  return born.length > 0;
}

/** As many vacancies as places are missing: what waits the longest is dropped first, what is new is due at once. */
function vacancies(turn: Turn, places: number): readonly Vacancy[] {
  const list = [...turn.draft.vacancies].sort((a, b) => a.notBefore - b.notBefore).slice(0, places);
  while (list.length < places) list.push({ failures: 0, notBefore: turn.at.now, cause: "fresh" });
  return list;
}

function spawn(turn: Turn, vacancy: Vacancy, wid: number): Member {
  const { draft, at } = turn;
  const key = draft.nextKey;
  draft.nextKey = key + 1;
  draft.nextSpawn = at.now + draft.spec.warmupDelay * 1000;
  turn.emit({ do: "spawn", key, wid });
  return { key, wid, state: { kind: "starting", stop: null }, failures: vacancy.failures, doomed: null };
}

/** The smallest slot from a number on that nobody holds, so that a reload alternates between 1…N and N+1…2N. */
function freeWid(taken: ReadonlySet<number>, from: number): number {
  let wid = from;
  while (taken.has(wid)) wid += 1;
  return wid;
}

/** Sets the wake-up timer to the next moment at which a vacancy may be filled, or the sockets are watched again. */
export function armWake(turn: Turn): void {
  const { draft, at } = turn;
  const times = draft.vacancies.map((vacancy) => Math.max(vacancy.notBefore, draft.nextSpawn));
  if (draft.watchFrom !== null) times.push(draft.watchFrom);
  const next = times.length === 0 ? null : times.reduce((first, time) => Math.min(first, time));
  if (next === draft.wake) return;
  draft.wake = next;
  turn.emit(next === null ? { do: "disarmWake" } : { do: "armWake", delay: Math.max(0, next - at.now) });
}
