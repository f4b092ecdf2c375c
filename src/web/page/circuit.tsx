/** Every server of the circuit with its watchers, and what can be done to them from here. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { actFar, type FarTarget } from "./actions.js";
import { useConsole, useHindrance } from "./console.js";
import { formatBytes, formatPercent, plural } from "./model/format.js";
import type { FarServer, FarWatcher, Member } from "./model/circuit.js";
import { matches, type Sort } from "./model/table.js";
import { useServers } from "./servers.js";
import { type Column, Table } from "./table.js";
import { Button, Empty, Filter, Go, Skeleton, Status } from "./ui.js";

interface FarRow {
  readonly watcher: FarWatcher;
  readonly target: FarTarget;
  /** Of the daemon that this page is of. */
  readonly here: boolean;
  /** Its server does not answer. */
  readonly away: boolean;
  /** Looks again, as something was done. */
  readonly refresh: () => void;
}

type FarColumn = "name" | "status" | "processes" | "cpu" | "memory" | "actions";

const COLUMNS: readonly Column<FarRow, FarColumn>[] = [
  {
    id: "name",
    title: "Watcher",
    cell: ({ watcher }) => watcher.name,
    render: ({ watcher: { name }, here }) => (here ? <Go to={{ page: "watcher", name, tab: "processes" }}>{name}</Go> : <b>{name}</b>),
  },
  { id: "status", title: "State", cell: ({ watcher }) => watcher.status, render: ({ watcher }) => <Status status={watcher.status} /> },
  {
    id: "processes",
    title: "Processes",
    numeric: true,
    cell: ({ watcher }) => watcher.processes,
    render: ({ watcher }) => <span class="count">{watcher.processes}</span>,
  },
  { id: "cpu", title: "CPU", numeric: true, cell: ({ watcher }) => watcher.cpu, render: ({ watcher }) => formatPercent(watcher.cpu) },
  {
    id: "memory",
    title: "Memory",
    numeric: true,
    cell: ({ watcher }) => watcher.memory,
    render: ({ watcher }) => formatBytes(watcher.memory),
  },
  { id: "actions", title: "Actions", render: (row) => <Actions {...row} /> },
];

export function Circuit(): JSX.Element {
  const { members, failure, far, refresh } = useServers();
  const [filter, setFilter] = useState("");
  const [sort, setSort] = useState<Sort<FarColumn>>({ column: "name", descending: false });
  if (members === null) {
    return <main>{failure === null ? <Skeleton rows={8} /> : <Empty title="There is no circuit here">{failure}</Empty>}</main>;
  }
  return (
    <main>
      <div class="bar">
        <h1>Circuit</h1>
        <span class="tag">{plural(members.length, "server")}</span>
        <Filter value={filter} label="Filter the circuit" onChange={setFilter} />
      </div>
      {failure === null ? null : <p role="status">{failure}</p>}
      {members.map((member) => (
        <Server key={member.id} {...{ member, filter, sort, refresh }} known={far.get(member.id) ?? NOT_YET} onSort={setSort} />
      ))}
    </main>
  );
}

const NOT_YET: FarServer = { watchers: null, failure: null };

interface ServerProps {
  readonly member: Member;
  readonly known: FarServer;
  readonly filter: string;
  readonly sort: Sort<FarColumn>;
  readonly onSort: (sort: Sort<FarColumn>) => void;
  readonly refresh: () => void;
}

/** A filter that is found in the name or the labels of a server shows all its watchers. */
function Server({ member, known, filter, sort, onSort, refresh }: ServerProps): JSX.Element | null {
  const { id, name, state, address, version, labels } = member;
  const tags = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const whole = matches(filter, [name, id, ...tags]);
  const watchers = known.watchers?.filter((watcher) => whole || matches(filter, [watcher.name, watcher.status])) ?? null;
  if (!whole && (watchers === null || watchers.length === 0)) return null;
  const stale = state === "lost" || known.failure !== null;
  const rows = watchers?.map((watcher): FarRow => {
    return {
      watcher,
      target: { server: id, serverName: name, name: watcher.name, processes: watcher.processes },
      here: member.self,
      away: stale,
      refresh,
    };
  });
  return (
    <section class={stale ? "server stale" : "server"} aria-label={`Server ${name}`}>
      <header>
        <h2>{name}</h2>
        <span class={`badge ${state}`}>
          <i />
          {state}
        </span>
        {member.self ? <span class="tag">this page's</span> : null}
        {tags.map((tag) => (
          <span class="tag" key={tag}>
            {tag}
          </span>
        ))}
        <code title={`${id}, ${address}`}>
          {id} · {address.replace(/^circuit:\/\//, "").replace(/\/.*$/, "")} · {version}
        </code>
        {known.failure === null ? null : <span class="late">{known.failure}</span>}
      </header>
      {rows === undefined || rows.length === 0 ? (
        <p>{wordsFor(member, known)}</p>
      ) : (
        <Table
          label={`Watchers of ${name}`}
          kind="circuit"
          columns={COLUMNS}
          rows={rows}
          keyOf={({ watcher }) => watcher.name}
          sort={sort}
          onSort={onSort}
        />
      )}
    </section>
  );
}

function wordsFor({ circusd, state }: Member, { watchers, failure }: FarServer): string {
  if (!circusd) return "It has no watchers; processes and channels there are seen with the command circuit.";
  if (watchers !== null) return "No watcher is configured there.";
  return state === "lost" ? "It is lost, and looked for." : failure === null ? "Asking it …" : "What it runs is not known.";
}

function Actions({ watcher: { status, processes }, target, away, refresh }: FarRow): JSX.Element {
  const console = useConsole();
  const hindrance = useHindrance() ?? (away ? `${target.serverName} does not answer` : null);
  const shown = `${target.name} on ${target.serverName}`;
  const runs = status !== "stopped";
  const idle = hindrance ?? (runs ? null : `${shown} does not run`);
  const press = (verb: Parameters<typeof actFar>[1]) => async (): Promise<void> => {
    await actFar(console, verb, target);
    refresh();
  };
  return (
    <span class="actions" role="group" aria-label={`Actions on ${shown}`}>
      {runs ? (
        <Button small icon="stop" label={`Stop ${shown}`} hindrance={hindrance} onPress={press("stop")} />
      ) : (
        <Button small icon="start" label={`Start ${shown}`} hindrance={hindrance} onPress={press("start")} />
      )}
      <Button small icon="restart" label={`Restart ${shown}`} hindrance={hindrance} onPress={press("restart")} />
      <Button small icon="reload" label={`Reload ${shown}`} hindrance={idle} onPress={press("reload")} />
      <Button small icon="plus" label={`Add a process to ${shown}`} hindrance={hindrance} onPress={press("incr")} />
      <Button
        small
        icon="minus"
        label={`Remove a process of ${shown}`}
        hindrance={hindrance ?? (processes === 0 ? `${shown} has no process` : null)}
        onPress={press("decr")}
      />
    </span>
  );
}
