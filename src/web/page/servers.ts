/** Asks the servers of the circuit how they are, for as long as somebody looks. */
import { useEffect, useState } from "preact/hooks";
import { type Console, useConsole, useKnown } from "./console.js";
import { type FarServer, type Member, readMembers, readWatchers } from "./model/circuit.js";
import { asObject } from "./requests.js";

/** Milliseconds between two looks. */
const PAUSE = 3000;

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
  const [round, setRound] = useState(0);
  const [members, setMembers] = useState<Pick<Servers, "members" | "failure">>({ members: null, failure: null });
  const [far, setFar] = useState<ReadonlyMap<string, FarServer>>(new Map());
  const [asked] = useState(() => new Set<string>());
  useEffect(() => {
    let over = false;
    const look = async (): Promise<void> => {
      const found = await askMembers(console);
      if (over) return;
      setMembers((before) => ("members" in found ? found : { ...before, failure: found.failure }));
      for (const { id, circusd, state } of ("members" in found ? found.members : null) ?? []) {
        // Who has not answered yet is not asked again.
        if (!circusd || state === "lost" || asked.has(id)) continue;
        asked.add(id);
        void askServer(console, id).then((answer) => {
          asked.delete(id);
          setFar((before) => new Map(before).set(id, { ...(before.get(id) ?? { watchers: null }), ...answer }));
        });
      }
    };
    void look();
    const timer = window.setInterval(() => {
      if (!document.hidden) void look();
    }, PAUSE);
    return () => {
      over = true;
      window.clearInterval(timer);
    };
  }, [console, asked, round, lastEvent]);
  return { ...members, far, refresh: () => setRound((last) => last + 1) };
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
