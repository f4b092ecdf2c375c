/** Asks a daemon for what its metrics tell. A figure that it does not tell, as Circus does not, is left out. */
import type { CircusClient } from "../../client/call.js";
import { isObject } from "../../wire/codec.js";
import type { SocketState, WatcherState } from "../api.js";
import type { DaemonView } from "../view/daemon-view.js";

export interface ProcessSample {
  readonly pid: number;
  readonly cpuSeconds: number | null;
  readonly residentBytes: number | null;
  readonly virtualBytes: number | null;
  readonly startTime: number | null;
}

export interface DaemonSample {
  readonly id: string;
  readonly up: boolean;
  readonly watchers: readonly (WatcherState & { readonly processes: readonly ProcessSample[] })[];
  readonly sockets: readonly (SocketState & { readonly total: number })[];
  /** circusd itself. */
  readonly self: ProcessSample | null;
}

/** Seconds in which the figures are to be there. */
const ANSWER_TIME = 8;

/** Never rejects: a daemon that does not answer is down. */
export async function collect(view: DaemonView): Promise<DaemonSample> {
  const { id } = view.info;
  try {
    const client = await view.connection();
    await view.refresh();
    const [processes, self] = await Promise.all([askProcesses(client), askSelf(client)]);
    const watchers = view.watchers.map((watcher) => ({ ...watcher, processes: processes.get(watcher.name) ?? [] }));
    const sockets = view.sockets.all.map((socket) => ({ ...socket, total: view.sockets.total(socket.fd) }));
    return { id, up: true, watchers, sockets, self };
  } catch {
    return { id, up: false, watchers: [], sockets: [], self: null };
  }
}

async function askProcesses(client: CircusClient): Promise<ReadonlyMap<string, readonly ProcessSample[]>> {
  const reply: unknown = await client.call("stats", {}, { timeout: ANSWER_TIME });
  const infos = isObject(reply) && isObject(reply["infos"]) ? reply["infos"] : {};
  return new Map(Object.entries(infos).map(([name, info]) => [name, Object.values(isObject(info) ? info : {}).flatMap(sampleOf)]));
}

async function askSelf(client: CircusClient): Promise<ProcessSample | null> {
  const reply: unknown = await client.call("dstats", {}, { timeout: ANSWER_TIME });
  return (isObject(reply) ? sampleOf(reply["info"])[0] : undefined) ?? null;
}

function sampleOf(stats: unknown): readonly ProcessSample[] {
  // A process that has gone in the meantime comes as a text.
  if (!isObject(stats)) return [];
  const { pid, cpu_seconds: cpu, rss, vms, create_time: start } = stats;
  if (typeof pid !== "number") return [];
  const known = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
  return [{ pid, cpuSeconds: known(cpu), residentBytes: known(rss), virtualBytes: known(vms), startTime: known(start) }];
}
