/**
 * Deaths of children, as SIGCHLD tells them. One listener of the process serves all who want to know: a program may
 * have many arbiters, and Node warns of a leak where a signal has more than ten listeners. What they share hangs on that
 * listener, so that nothing is left when the last has gone.
 */

interface Hub {
  (): void;
  /** Called at every SIGCHLD. */
  readonly subscribers: Set<() => void>;
}

/** Calls at every death of a child until what is returned is called. */
export function onChildDeath(run: () => void): () => void {
  const hub = process.listeners("SIGCHLD").find(isHub) ?? openHub();
  hub.subscribers.add(run);
  return () => {
    if (hub.subscribers.delete(run) && hub.subscribers.size === 0) process.off("SIGCHLD", hub);
  };
}

function openHub(): Hub {
  const subscribers = new Set<() => void>();
  const tell = (): void => {
    for (const run of [...subscribers]) run();
  };
  const hub: Hub = Object.assign(tell, { subscribers, [HUB]: true });
  process.on("SIGCHLD", hub);
  return hub;
}

/** Of this copy of the package alone: another may do it otherwise. */
const HUB: unique symbol = Symbol("circusd's listener of SIGCHLD");

function isHub(listener: object): listener is Hub {
  return HUB in listener;
}
