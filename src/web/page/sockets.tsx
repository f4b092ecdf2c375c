/** The sockets that circusd holds for its workers. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useKnown } from "./console.js";
import type { Socket } from "./model/state.js";
import { matches, type Sort } from "./model/table.js";
import { Sparkline } from "./sparkline.js";
import { type Column, Table } from "./table.js";
import { Empty, Filter, Skeleton } from "./ui.js";

type SocketColumn = "name" | "address" | "fd" | "backlog" | "reads";

const COLUMNS: readonly Column<Socket, SocketColumn>[] = [
  { id: "name", title: "Socket", cell: ({ name }) => name, render: ({ name }) => <b>{name}</b> },
  { id: "address", title: "Address", cell: ({ address }) => address, render: ({ address }) => <code title={address}>{address}</code> },
  { id: "fd", title: "Descriptor", numeric: true, cell: ({ fd }) => fd, render: ({ fd }) => fd },
  { id: "backlog", title: "Backlog", numeric: true, cell: ({ backlog }) => backlog, render: ({ backlog }) => backlog.toLocaleString("en") },
  {
    id: "reads",
    title: "Reads in the last second",
    numeric: true,
    cell: ({ reads }) => reads,
    render: ({ name, reads, history }) => (
      <span class="figure">
        <Sparkline values={history} colour="reads" label={`Reads of ${name}`} least={5} />
        <b>{reads?.toLocaleString("en") ?? "–"}</b>
      </span>
    ),
  },
];

export function Sockets(): JSX.Element {
  const loaded = useKnown(({ view }) => view.loaded);
  const sockets = useKnown(({ view }) => view.sockets);
  const [filter, setFilter] = useState("");
  const [sort, setSort] = useState<Sort<SocketColumn>>({ column: "name", descending: false });
  const rows = sockets.filter(({ name, address }) => matches(filter, [name, address]));
  return (
    <main>
      <div class="bar">
        <h1>Sockets</h1>
        <Filter value={filter} label="Filter sockets" onChange={setFilter} />
      </div>
      {loaded ? null : <Skeleton rows={4} />}
      {loaded && sockets.length === 0 ? (
        <Empty title="No sockets are configured">
          Add <code>[socket:NAME]</code> with <code>host</code> and <code>port</code>, or <code>path</code>, to circus.ini, and{" "}
          <code>$(circus.sockets.NAME)</code> to the command of the watcher that is to have it.
        </Empty>
      ) : null}
      {sockets.length > 0 && rows.length === 0 ? (
        <Empty title={`No socket has "${filter}" in its name or address`}>Escape empties the filter.</Empty>
      ) : null}
      {rows.length > 0 ? (
        <Table label="Sockets" kind="sockets" columns={COLUMNS} rows={rows} keyOf={({ fd }) => fd} sort={sort} onSort={setSort} />
      ) : null}
    </main>
  );
}
