/** The element that stands on a server's own anchor, for as long as the server lives. */
import type { HostFacts, LookAtHost, Profiler } from "../../core/circuit/host-port.js";
import type { Member } from "../../core/circuit/member.js";
import type { Engine } from "../../core/circuit/spec.js";
import type { Clock } from "../../core/ports.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import { MAX_PART } from "../../wire/circuit/packet.js";
import type { Element, Handler } from "./element.js";
import { Visits } from "./visit.js";

export interface ServerOptions {
  readonly self: () => Member;
  readonly engine: Engine;
  readonly lookAtHost: LookAtHost;
  readonly profiler: Profiler;
  readonly clock: Pick<Clock, "yield">;
  /** How many elements stand on this server, and how many servers it sees. */
  readonly count: () => { readonly elements: number; readonly members: number };
  /** Somebody wants the server to end; the answer is on its way then. */
  readonly onSuicide: (peer: string) => void;
}

/** Seconds that a profile looks unless the caller says otherwise. */
const USUAL_LOOK = 5;

/** Names that Circuit's servers had for the nearest thing. */
const OLD_NAMES: Readonly<Record<string, string>> = { goroutine: "handles", allocs: "heap", profile: "cpu" };

export function makeServer(options: ServerOptions): Element {
  const { self, clock, onSuicide } = options;
  const visits = new Visits();
  return {
    kind: "server",
    id: self().worker,
    handlers: {
      profile: makeProfile(options.profiler, visits),
      async suicide(call) {
        const { peer } = call.conversation;
        // The answer leaves with this turn of the event loop.
        void clock.yield().then(() => onSuicide(peer));
        return {};
      },
    },
    async stat() {
      const { elements, members } = options.count();
      return statOf({ self: self(), facts: options.lookAtHost(), engine: options.engine, elements, members });
    },
    async scrub() {
      visits.stop(new CircuitError("scrubbed", "The server is ending"));
    },
  };
}

function makeProfile(profiler: Profiler, visits: Visits): Handler<"profile"> {
  return (call, { name, seconds = USUAL_LOOK }) =>
    visits.run(call, async (visit) => {
      const known = OLD_NAMES[name] ?? name;
      if (!Object.hasOwn(profiler.profiles, known)) {
        const list = Object.entries(profiler.profiles).map(([one, what]) => `"${one}" (${what})`);
        throw new CircuitError("invalid", `There is no profile "${name.slice(0, 100)}"; there are ${list.join(", ")}`);
      }
      const text = await visit.until(profiler.take(known, seconds, call.signal)).catch((cause: unknown) => {
        throw cause instanceof CircuitError
          ? cause
          : new CircuitError("unavailable", cause instanceof Error ? cause.message : String(cause));
      });
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length; at += MAX_PART) await visit.until(call.send({ body: bytes.subarray(at, at + MAX_PART) }));
      call.end();
      return {};
    });
}

interface Facts {
  readonly self: Member;
  readonly facts: HostFacts;
  readonly engine: Engine;
  readonly elements: number;
  readonly members: number;
}

function statOf({ self, facts, engine, elements, members }: Facts): unknown {
  return {
    Addr: self.address,
    Joined: new Date(self.started * 1000).toISOString(),
    Id: self.id,
    Name: self.name,
    Version: self.version,
    Labels: self.labels,
    Engine: engine,
    Node: facts.node,
    Pid: facts.pid,
    Rss: facts.rss,
    Cpu: facts.cpu,
    Host: {
      Hostname: facts.hostname,
      Os: facts.os,
      Arch: facts.arch,
      Cpus: facts.cpus,
      Memory: facts.memory,
      Free: facts.free,
      Load: facts.load,
      Uptime: facts.uptime,
    },
    Elements: elements,
    Members: members,
  };
}
