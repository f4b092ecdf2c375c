/** What is known of the servers of a circuit and their processes: replies go in, the present state comes out. */
import type { Millis } from "../../core/ports.js";
import { isObject } from "../../wire/codec.js";
import type { Reply } from "../../wire/reply.js";
import { OWN_PROCESSES, readFigures } from "../../wire/stats.js";
import { compareText } from "./sort.js";
import { HELPERS, Model, type ServerFigures, type Snapshot } from "./model.js";

/** Replies come once a second; a server that has not answered for so long is told of. */
const LATE: Millis = 2500;

export interface ListedServer {
  readonly id: string;
  readonly name: string;
  readonly state: ServerFigures["state"];
  /** The one that is asked. */
  readonly self: boolean;
}

interface Known {
  listed: ListedServer;
  readonly model: Model;
  /** When it answered last, or was seen first. */
  heard: Millis;
  answers: number;
}

export class CircuitModel {
  readonly #timeout: number;
  readonly #servers = new Map<string, Known>();

  /** @param timeout seconds after which a process that is not heard of is forgotten */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** Takes a reply of `members`. @returns the servers with watchers that can be asked */
  list(reply: Reply, now: Millis): readonly ListedServer[] {
    const members = Array.isArray(reply["members"]) ? reply["members"].filter(isObject) : [];
    const servers = members.filter(({ circusd }) => circusd === true).map(readServer);
    for (const id of this.#servers.keys()) if (!servers.some((server) => server.id === id)) this.#servers.delete(id);
    for (const listed of servers) {
      const known = this.#servers.get(listed.id);
      if (known === undefined) this.#servers.set(listed.id, { listed, model: new Model(this.#timeout), heard: now, answers: 0 });
      else known.listed = listed;
    }
    return servers.filter(({ state }) => state !== "lost");
  }

  /** Takes what one server answered to `stats` and `dstats`. */
  answer(id: string, { stats, own }: { readonly stats: Reply; readonly own: Reply }, now: Millis): void {
    const known = this.#servers.get(id);
    if (known === undefined) return;
    known.heard = now;
    known.answers += 1;
    const add = (watcher: string, given: unknown, name: string | null): readonly number[] => {
      const figures = readFigures(given, name);
      if (figures === null) return [];
      known.model.receive({ kind: "process", watcher, stats: figures }, now);
      return [figures.pid];
    };
    const infos = isObject(stats["infos"]) ? Object.entries(stats["infos"]) : [];
    for (const [watcher, processes] of infos) {
      const helper = HELPERS.has(watcher);
      const given = isObject(processes) ? Object.values(processes) : [];
      const pids = given.flatMap((one) => add(helper ? OWN_PROCESSES : watcher, one, helper ? watcher : null));
      if (!helper) known.model.receive({ kind: "watcher", watcher, stats: { pid: pids, cpu: 0, mem: 0, age: 0 } }, now);
    }
    add(OWN_PROCESSES, own["info"], "circusd");
  }

  /** Whether every server that can answer has done so that often. */
  hasAnswered(times: number): boolean {
    return [...this.#servers.values()].every(({ listed, answers }) => listed.state === "lost" || answers >= times);
  }

  snapshot(now: Millis): Snapshot & { readonly servers: readonly ServerFigures[] } {
    const servers = [...this.#servers.values()]
      .map(({ listed: { id, name, state }, model, heard, answers }): ServerFigures => {
        const silence = now - heard;
        return { id, name, state, silence: silence > LATE || answers === 0 ? silence : null, watchers: model.snapshot().watchers };
      })
      .sort((a, b) => compareText(a.name, b.name) || compareText(a.id, b.id));
    return { servers, watchers: servers.flatMap(({ watchers }) => watchers), sockets: [] };
  }
}

function readServer({ id, name, state, self }: Readonly<Record<string, unknown>>): ListedServer {
  return { id: String(id), name: String(name), state: state === "lost" || state === "slow" ? state : "alive", self: self === true };
}
