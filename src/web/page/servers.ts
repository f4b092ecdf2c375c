/** Asks the servers of the circuit how they are, for as long as somebody looks. */
import { useEffect, useState } from "preact/hooks";
import { type Console, useConsole, useKnown } from "./console.js";
import { type FarServer, type Member, readMembers, readWatchers } from "./model/circuit.js";
import { asObject } from "./requests.js";

/** Milliseconds between two looks. */
const PAUSE = 3000;

/** Milliseconds between an event and the look that it leads to. */
const GATHER = 400;

/** Seconds for an answer of another server. */
const PATIENCE = 5;

export interface Servers {
  /** Null until they are known. */
  readonly members: readonly Member[] | null;
  /** Why the daemon does not tell; null where it does. */
  readonly failure: string | null;
  readonly far: ReadonlyMap<string, FarServer>;
  /** Looks now, as something was done. */
  readonly refresh: () => void;
}

/** Looks every few seconds, and soon after an event of this host. Each server has its own pace. */
export function useServers(): Servers {
  const console = useConsole();
  const lastEvent = useKnown(({ view }) => view.events.at(-1)?.number ?? 0);
  const [members, setMembers] = useState<Pick<Servers, "members" | "failure">>({ members: null, failure: null });
  const [far, setFar] = useState<ReadonlyMap<string, FarServer>>(new Map());
  const [rounds] = useState(
    () =>
      new Rounds(console, {
        members: (found) => setMembers((before) => ({ ...before, ...found })),
        server: (id, answer) => setFar((before) => new Map(before).set(id, { ...(before.get(id) ?? { watchers: null }), ...answer })),
      }),
  );
  useEffect(() => rounds.begin(), [rounds]);
  useEffect(() => rounds.hurry(), [rounds, lastEvent]);
  return { ...members, far, refresh: () => void rounds.look() };
}

interface Listener {
  readonly members: (found: { readonly members?: readonly Member[]; readonly failure: string | null }) => void;
  readonly server: (id: string, answer: FarServer | Pick<FarServer, "failure">) => void;
}

class Rounds {
  readonly #console: Console;
  readonly #listener: Listener;
  /** Who has not answered yet is not asked again. */
  readonly #asked = new Set<string>();
  #soon: number | null = null;
  #over = false;

  constructor(console: Console, listener: Listener) {
    this.#console = console;
    this.#listener = listener;
  }

  /** @returns what ends it */
  begin(): () => void {
    this.#over = false;
    void this.look();
    const timer = window.setInterval(() => {
      if (!document.hidden) void this.look();
    }, PAUSE);
    return () => {
      this.#over = true;
      window.clearInterval(timer);
    };
  }

  /** However many events come, there is one look after them. */
  hurry(): void {
    this.#soon ??= window.setTimeout(() => {
      this.#soon = null;
      void this.look();
    }, GATHER);
  }

  async look(): Promise<void> {
    if (this.#over) return;
    const found = await askMembers(this.#console);
    if (this.#over) return;
    this.#listener.members(found);
    for (const { id, circusd, state } of "members" in found ? found.members : [])
      if (circusd && state !== "lost" && !this.#asked.has(id)) void this.#ask(id);
  }

  async #ask(id: string): Promise<void> {
    this.#asked.add(id);
    const answer = await askServer(this.#console, id);
    this.#asked.delete(id);
    if (!this.#over) this.#listener.server(id, answer);
  }
}

async function askMembers(
  console: Console,
): Promise<{ readonly members: readonly Member[]; readonly failure: null } | { readonly failure: string }> {
  const answer = await console.query("members", {});
  return "reply" in answer ? { members: readMembers(answer.reply), failure: null } : { failure: answer.message };
}

async function askServer(console: Console, server: string): Promise<FarServer | Pick<FarServer, "failure">> {
  const ask = async (command: "status" | "stats"): Promise<unknown> => {
    const answer = await console.query("relay", { server, command, timeout: PATIENCE });
    if (!("reply" in answer)) throw new Error(answer.message);
    return asObject(answer.reply)["reply"];
  };
  try {
    const [statuses, stats] = await Promise.all([ask("status"), ask("stats")]);
    return { watchers: readWatchers(statuses, stats), failure: null };
  } catch (cause) {
    return { failure: cause instanceof Error ? cause.message : String(cause) };
  }
}
