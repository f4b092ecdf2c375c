/** The servers of a circuit and their watchers, read out of the daemon's replies. */
import type { MemberInfo, WatcherStatus } from "../../../wire/contract.js";

export type Member = Pick<MemberInfo, "id" | "name" | "address" | "labels" | "version" | "state" | "circusd" | "self">;

export interface FarWatcher {
  readonly name: string;
  readonly status: WatcherStatus;
  readonly processes: number;
  /** Percent of a core, and resident bytes, of all its processes. */
  readonly cpu: number;
  readonly memory: number;
}

/** What one server answered, and whether it still does. */
export interface FarServer {
  /** Null until it has answered. */
  readonly watchers: readonly FarWatcher[] | null;
  /** Why it did not answer when it was asked last; null where it did. */
  readonly failure: string | null;
}

const STATUSES: readonly WatcherStatus[] = ["active", "stopped", "starting", "stopping"];

/** The servers in a reply of `members`, by name; this one's own is first. */
export function readMembers(reply: unknown): readonly Member[] {
  return listIn(reply, "members")
    .map((given): Member => {
      const { id, name, address, labels, version, state, circusd, self } = objectOf(given);
      return {
        ...{ id: String(id), name: String(name), address: String(address), version: String(version) },
        labels: Object.fromEntries(Object.entries(objectOf(labels)).map(([key, value]) => [key, String(value)])),
        state: state === "slow" || state === "lost" ? state : "alive",
        circusd: circusd === true,
        self: self === true,
      };
    })
    .sort((one, other) => Number(other.self) - Number(one.self) || one.name.localeCompare(other.name, "en", { numeric: true }));
}

/** The watchers in replies of `status` and `stats`. */
export function readWatchers(statuses: unknown, stats: unknown): readonly FarWatcher[] {
  const infos = objectOf(objectOf(stats)["infos"]);
  return Object.entries(objectOf(objectOf(statuses)["statuses"])).flatMap(([name, given]) => {
    const status = STATUSES.find((one) => one === given);
    if (status === undefined) return [];
    // Of one that has just ended there is a text in place of figures.
    const processes = Object.values(objectOf(infos[name.toLowerCase()] ?? infos[name])).filter((one) => typeof one === "object");
    const sum = (key: "cpu" | "rss"): number =>
      processes.reduce((total: number, one) => {
        const value = objectOf(one)[key];
        return total + (typeof value === "number" ? value : 0);
      }, 0);
    return [{ name, status, processes: processes.length, cpu: sum("cpu"), memory: sum("rss") }];
  });
}

function listIn(reply: unknown, key: string): readonly unknown[] {
  const list = objectOf(reply)[key];
  return Array.isArray(list) ? list : [];
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
