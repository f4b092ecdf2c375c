/** Watchers as a table: what they are, what they use, and what can be done to them. */
import type { JSX } from "preact";
import type { History, WatcherFigures, WatcherState } from "../api.js";
import { act } from "./actions.js";
import { useConsole, useHindrance } from "./console.js";
import { formatBytes, formatPercent } from "./model/format.js";
import type { Sort } from "./model/table.js";
import { Sparkline } from "./sparkline.js";
import { type Column, Table } from "./table.js";
import { Button, Go, Status } from "./ui.js";

export interface WatcherRow {
  readonly watcher: WatcherState;
  readonly figures: WatcherFigures | null;
  readonly history: History | null;
}

export type WatcherColumn = "name" | "status" | "processes" | "cpu" | "memory" | "deaths" | "actions";

const COLUMNS: readonly Column<WatcherRow, WatcherColumn>[] = [
  {
    id: "name",
    title: "Watcher",
    cell: ({ watcher }) => watcher.name,
    render: ({ watcher }) => <Go to={{ page: "watcher", name: watcher.name, tab: "processes" }}>{watcher.name}</Go>,
  },
  { id: "status", title: "State", cell: ({ watcher }) => watcher.status, render: ({ watcher }) => <Status status={watcher.status} /> },
  {
    id: "processes",
    title: "Processes",
    numeric: true,
    cell: ({ watcher }) => watcher.pids.length,
    render: ({ watcher }) => <Processes {...watcher} />,
  },
  {
    id: "cpu",
    title: "CPU",
    numeric: true,
    cell: ({ figures }) => figures?.cpu ?? null,
    render: ({ watcher, figures, history }) => (
      <span class="figure">
        <Sparkline values={history?.cpu ?? []} colour="cpu" label={`Processor time of ${watcher.name}`} least={5} />
        <b>{formatPercent(figures?.cpu ?? null)}</b>
      </span>
    ),
  },
  {
    id: "memory",
    title: "Memory",
    numeric: true,
    cell: ({ figures }) => figures?.memory ?? null,
    render: ({ watcher, figures, history }) => (
      <span class="figure">
        <Sparkline values={history?.memory ?? []} colour="memory" label={`Memory of ${watcher.name}`} />
        <b>{formatBytes(figures?.memory ?? null)}</b>
      </span>
    ),
  },
  { id: "deaths", title: "Deaths", numeric: true, cell: ({ watcher }) => watcher.deaths, render: ({ watcher }) => <Deaths {...watcher} /> },
  { id: "actions", title: "Actions", render: ({ watcher }) => <Actions watcher={watcher} /> },
];

export interface WatchersTableProps {
  readonly label: string;
  readonly rows: readonly WatcherRow[];
  readonly sort: Sort<WatcherColumn>;
  readonly onSort: (sort: Sort<WatcherColumn>) => void;
}

export function WatchersTable({ label, rows, sort, onSort }: WatchersTableProps): JSX.Element {
  return (
    <Table label={label} kind="watchers" columns={COLUMNS} rows={rows} keyOf={({ watcher }) => watcher.name} sort={sort} onSort={onSort} />
  );
}

function Processes({ pids, numprocesses, status }: WatcherState): JSX.Element {
  const short = status === "active" && numprocesses !== null && pids.length < numprocesses;
  return (
    <span class={short ? "count short" : "count"}>
      {pids.length}
      <i>/{numprocesses ?? "?"}</i>
    </span>
  );
}

function Deaths({ deaths }: WatcherState): JSX.Element {
  return (
    <span class={deaths > 0 ? "deaths some" : "deaths"} title="Processes that died without being told to, since circushttpd looks">
      {deaths}
    </span>
  );
}

function Actions({ watcher }: { readonly watcher: WatcherState }): JSX.Element {
  const console = useConsole();
  const hindrance = useHindrance();
  const { name } = watcher;
  const runs = watcher.status !== "stopped";
  return (
    <span class="actions" role="group" aria-label={`Actions on ${name}`}>
      {runs ? (
        <Button small icon="stop" label={`Stop ${name}`} hindrance={hindrance} onPress={() => act(console, "stop", watcher)} />
      ) : (
        <Button small icon="start" label={`Start ${name}`} hindrance={hindrance} onPress={() => act(console, "start", watcher)} />
      )}
      <Button small icon="restart" label={`Restart ${name}`} hindrance={hindrance} onPress={() => act(console, "restart", watcher)} />
      <Button
        small
        icon="reload"
        label={`Reload ${name}`}
        hindrance={hindrance ?? (runs ? null : `${name} does not run`)}
        onPress={() => act(console, "reload", watcher)}
      />
    </span>
  );
}
