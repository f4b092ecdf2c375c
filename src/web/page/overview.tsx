/** All watchers at a glance. */
import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import type { History, WatcherState } from "../api.js";
import { actOnAll } from "./actions.js";
import { useConsole, useHindrance, useKnown } from "./console.js";
import { formatBytes, formatPercent } from "./model/format.js";
import type { DaemonView } from "./model/state.js";
import { matches, type Sort } from "./model/table.js";
import { Sparkline } from "./sparkline.js";
import { Button, Empty, Filter, Skeleton } from "./ui.js";
import { type WatcherColumn, type WatcherRow, WatchersTable } from "./watchers-table.js";

export function Overview(): JSX.Element {
  const view = useKnown((state) => state.view);
  const [filter, setFilter] = useState("");
  const [sort, setSort] = useState<Sort<WatcherColumn>>({ column: "name", descending: false });
  const rows = useRows(view).filter(({ watcher }) => matches(filter, [watcher.name, watcher.status]));
  const own = rows.filter(({ watcher }) => watcher.internal);
  const users = rows.filter(({ watcher }) => !watcher.internal);
  const configured = [...view.watchers.values()].some(({ internal }) => !internal);
  return (
    <main>
      <Tiles view={view} />
      <div class="bar">
        <h1>Watchers</h1>
        <Filter value={filter} label="Filter watchers" onChange={setFilter} />
        <All />
      </div>
      {view.loaded ? null : <Skeleton rows={8} />}
      {view.loaded && !configured ? (
        <Empty title="Nothing is supervised yet">
          Add a watcher here, or write a <code>[watcher:NAME]</code> section into circus.ini and run <code>circusctl reloadconfig</code>.
        </Empty>
      ) : null}
      {configured && users.length === 0 && filter !== "" ? (
        <Empty title={`No watcher has "${filter}" in its name or state`}>Escape empties the filter.</Empty>
      ) : null}
      {users.length > 0 ? <WatchersTable label="Watchers" rows={users} sort={sort} onSort={setSort} /> : null}
      {own.length > 0 ? (
        <>
          <h2>Circus's own</h2>
          <WatchersTable label="Circus's own" rows={own} sort={sort} onSort={setSort} />
        </>
      ) : null}
    </main>
  );
}

/** Rows keep their identity while what they show is the same, so that only what changed is drawn again. */
function useRows(view: DaemonView): readonly WatcherRow[] {
  const before = useRef<ReadonlyMap<string, WatcherRow>>(new Map());
  return useMemo(() => {
    const rows = [...view.watchers.values()].map((watcher): WatcherRow => {
      const old = before.current.get(watcher.name);
      const figures = view.figures.get(watcher.name) ?? null;
      const history = view.history.get(watcher.name) ?? null;
      return old?.watcher === watcher && old.figures === figures && old.history === history ? old : { watcher, figures, history };
    });
    before.current = new Map(rows.map((row) => [row.watcher.name, row]));
    return rows;
  }, [view.watchers, view.figures, view.history]);
}

function Tiles({ view }: { readonly view: DaemonView }): JSX.Element {
  const watchers = [...view.watchers.values()];
  const active = watchers.filter(({ status }) => status === "active").length;
  const running = watchers.reduce((sum, { pids }) => sum + pids.length, 0);
  const wanted = watchers.reduce((sum, watcher) => sum + wantedOf(watcher), 0);
  const { cpu, memory } = view.total;
  return (
    <section class="tiles" aria-label="In total">
      <Tile title="Watchers" value={`${active}`} of={`of ${watchers.length} active`} />
      <Tile title="Processes" value={running.toLocaleString("en")} of={`of ${wanted.toLocaleString("en")} wanted`} bad={running < wanted} />
      <Tile title="CPU" value={formatPercent(cpu.at(-1) ?? null)} of="of a core" history={view.total} colour="cpu" />
      <Tile title="Memory" value={formatBytes(memory.at(-1) ?? null)} of="resident" history={view.total} colour="memory" />
    </section>
  );
}

function wantedOf({ status, numprocesses, pids }: WatcherState): number {
  return status === "stopped" ? 0 : (numprocesses ?? pids.length);
}

interface TileProps {
  readonly title: string;
  readonly value: string;
  readonly of: string;
  readonly bad?: boolean;
  readonly history?: History;
  readonly colour?: "cpu" | "memory";
}

function Tile({ title, value, of, bad = false, history, colour = "cpu" }: TileProps): JSX.Element {
  return (
    <div class={bad ? "tile bad" : "tile"}>
      <span class="title">{title}</span>
      <span class="value">
        {value} <small>{of}</small>
      </span>
      {history === undefined ? null : (
        <Sparkline values={colour === "cpu" ? history.cpu : history.memory} colour={colour} label={`${title} in total`} least={5} />
      )}
    </div>
  );
}

function All(): JSX.Element {
  const console = useConsole();
  const hindrance = useHindrance();
  return (
    <div class="choices">
      <Button label="Start all" hindrance={hindrance} onPress={() => actOnAll(console, "start")} />
      <Button label="Stop all" hindrance={hindrance} onPress={() => actOnAll(console, "stop")} />
      <Button label="Restart all" hindrance={hindrance} onPress={() => actOnAll(console, "restart")} />
      <Button label="Reload all" hindrance={hindrance} onPress={() => actOnAll(console, "reload")} />
    </div>
  );
}
