/** The processes of a watcher, and what can be done to one of them. */
import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import type { WatcherState } from "../api.js";
import { kill } from "./actions.js";
import { useConsole, useHindrance, useKnown } from "./console.js";
import { Dialog } from "./dialog.js";
import { SENT_SIGNALS } from "./model/fields.js";
import { formatAge, formatBytes, formatPercent } from "./model/format.js";
import { type Process, processesOf } from "./model/state.js";
import { matches, type Sort } from "./model/table.js";
import { Sparkline } from "./sparkline.js";
import { type Column, Table } from "./table.js";
import { Button, Empty, Filter } from "./ui.js";

type ProcessColumn = "pid" | "cpu" | "memory" | "age" | "user" | "command" | "actions";

/** Fewer than these are seen without a filter. */
const MANY = 8;

export function Processes({ watcher }: { readonly watcher: WatcherState }): JSX.Element {
  const looked = useKnown(({ view }) => view.looked);
  const [filter, setFilter] = useState("");
  const [sort, setSort] = useState<Sort<ProcessColumn>>({ column: "pid", descending: false });
  const [signalled, setSignalled] = useState<number | null>(null);
  const { name } = watcher;
  const columns = useMemo(() => columnsOf(name, setSignalled), [name]);
  const all = useStable(processesOf(watcher, looked));
  const rows =
    filter === "" ? all : all.filter(({ pid, figures }) => matches(filter, [String(pid), figures?.user ?? "", figures?.command ?? ""]));
  if (all.length === 0) {
    const stopped = watcher.status === "stopped";
    return (
      <Empty title="No process runs">
        {stopped
          ? "The watcher is stopped: start it with the button above."
          : "Its processes end as soon as they are started, or wait for a client. The events tell which."}
      </Empty>
    );
  }
  return (
    <>
      {all.length > MANY ? (
        <div class="bar">
          <Filter value={filter} label="Filter processes by pid, user or command" onChange={setFilter} />
        </div>
      ) : null}
      {rows.length === 0 ? (
        <Empty title={`No process has "${filter}" in its pid, user or command`}>Escape empties the filter.</Empty>
      ) : null}
      <Table
        label={`Processes of ${name}`}
        kind="processes"
        columns={columns}
        rows={rows}
        keyOf={({ pid }) => pid}
        sort={sort}
        onSort={setSort}
      />
      {signalled === null ? null : <SignalDialog name={name} pid={signalled} onClose={() => setSignalled(null)} />}
    </>
  );
}

/** A process without figures is made anew each time: it keeps its identity here. */
function useStable(rows: readonly Process[]): readonly Process[] {
  const before = useRef<ReadonlyMap<number, Process>>(new Map());
  const stable = rows.map((row) => {
    const old = before.current.get(row.pid);
    return old?.figures === row.figures ? old : row;
  });
  before.current = new Map(stable.map((row) => [row.pid, row]));
  return stable;
}

function columnsOf(name: string, signal: (pid: number) => void): readonly Column<Process, ProcessColumn>[] {
  return [
    { id: "pid", title: "PID", cell: ({ pid }) => pid, render: ({ pid }) => <b>{pid}</b> },
    {
      id: "cpu",
      title: "CPU",
      numeric: true,
      cell: ({ figures }) => figures?.cpu ?? null,
      render: ({ pid, figures, cpu }) => (
        <span class="figure">
          <Sparkline values={cpu} colour="cpu" label={`Processor time of ${pid}`} least={5} />
          <b>{formatPercent(figures?.cpu ?? null)}</b>
        </span>
      ),
    },
    {
      id: "memory",
      title: "Memory",
      numeric: true,
      cell: ({ figures }) => figures?.memory ?? null,
      render: ({ figures }) => formatBytes(figures?.memory ?? null),
    },
    {
      id: "age",
      title: "Age",
      numeric: true,
      cell: ({ figures }) => figures?.age ?? null,
      render: ({ figures }) => formatAge(figures?.age ?? null),
    },
    { id: "user", title: "User", cell: ({ figures }) => figures?.user ?? null, render: ({ figures }) => figures?.user ?? "–" },
    {
      id: "command",
      title: "Command",
      cell: ({ figures }) => figures?.command ?? null,
      render: ({ figures }) => <code title={figures?.command}>{figures?.command ?? "–"}</code>,
    },
    { id: "actions", title: "Actions", render: ({ pid }) => <ProcessActions name={name} pid={pid} signal={signal} /> },
  ];
}

interface OneProcess {
  readonly name: string;
  readonly pid: number;
}

function ProcessActions({ name, pid, signal }: OneProcess & { readonly signal: (pid: number) => void }): JSX.Element {
  const console = useConsole();
  const hindrance = useHindrance();
  return (
    <span class="actions" role="group" aria-label={`Actions on process ${pid}`}>
      <Button small icon="signal" label={`Send a signal to ${pid}`} hindrance={hindrance} onPress={() => signal(pid)} />
      <Button small icon="close" label={`Kill ${pid}`} hindrance={hindrance} onPress={() => kill(console, name, pid)} />
    </span>
  );
}

function SignalDialog({ name, pid, onClose }: OneProcess & { readonly onClose: () => void }): JSX.Element {
  const console = useConsole();
  const [signum, setSignum] = useState("SIGHUP");
  const [reach, setReach] = useState("process");
  const send = async (): Promise<void> => {
    const children = reach === "children" ? { children: true } : reach === "tree" ? { recursive: true } : {};
    await console.command("signal", { name, pid, signum, ...children });
    onClose();
  };
  return (
    <Dialog title={`Send a signal to process ${pid} of ${name}`} onClose={onClose}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <label>
          <span>Signal</span>
          <select value={signum} onChange={({ currentTarget }) => setSignum(currentTarget.value)}>
            {SENT_SIGNALS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          <span>To</span>
          <select value={reach} onChange={({ currentTarget }) => setReach(currentTarget.value)}>
            <option value="process">the process alone</option>
            <option value="tree">the process and everything it started</option>
            <option value="children">what it started, not itself</option>
          </select>
        </label>
        <p class="help">A process that ends of it is replaced, unless the watcher is told otherwise.</p>
        <div class="choices">
          <Button label="Cancel" onPress={onClose} />
          <Button label="Send" look="danger" submit />
        </div>
      </form>
    </Dialog>
  );
}
