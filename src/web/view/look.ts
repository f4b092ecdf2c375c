/** Asks a daemon how things stand. Everything here throws CallTimeout when no answer comes in time. */
import type { CircusClient } from "../../client/call.js";
import { CallError } from "../../client/errors.js";
import type { ListedSocket, WatcherStatus } from "../../wire/contract.js";
import { refusalOf } from "../../wire/reply.js";

/** Seconds. */
export const ANSWER_TIME = 3;

/** Requests that are under way at once. */
const AT_ONCE = 16;

export type Statuses = Readonly<Record<string, WatcherStatus>>;

export interface Looked {
  readonly pids: readonly number[];
  readonly numprocesses: number | null;
  readonly singleton: boolean;
}

/** Every watcher by its name as written. */
export async function lookAtStatuses(client: CircusClient): Promise<Statuses> {
  const reply = await client.call("status", {}, { timeout: ANSWER_TIME });
  return "statuses" in reply ? reply.statuses : {};
}

/** Null where there is no such watcher any more. */
export async function lookAtWatcher(client: CircusClient, name: string): Promise<Looked | null> {
  try {
    const [list, { options }] = await Promise.all([
      client.call("list", { name }, { timeout: ANSWER_TIME }),
      client.call("get", { name, keys: ["numprocesses", "singleton"] }, { timeout: ANSWER_TIME }),
    ]);
    const { numprocesses, singleton } = options;
    return {
      pids: "pids" in list ? list.pids : [],
      numprocesses: typeof numprocesses === "number" ? numprocesses : null,
      singleton: singleton === true,
    };
  } catch (cause) {
    if (cause instanceof CallError) return null;
    throw cause;
  }
}

export async function lookAtSockets(client: CircusClient): Promise<readonly ListedSocket[]> {
  try {
    return (await client.call("listsockets", {}, { timeout: ANSWER_TIME })).sockets;
  } catch (cause) {
    if (cause instanceof CallError) return [];
    throw cause;
  }
}

/** Whether it is a server of a circuit; a daemon that has never heard of one is none. */
export async function lookForCircuit(client: CircusClient): Promise<boolean> {
  return refusalOf((await client.send("members", {}, { timeout: ANSWER_TIME })).reply) === null;
}

/** Does the same to each, a few at once. */
export async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
}
