/** What happens, as it happens. */
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { FeedEvent } from "../api.js";
import { useKnown } from "./console.js";
import { formatTime } from "./model/format.js";
import { describe, readTopic, timeOf } from "./model/happenings.js";
import { KEPT_EVENTS } from "./model/state.js";
import { matches, type Sort } from "./model/table.js";
import { type Column, Table } from "./table.js";
import { Button, Empty, Filter, Go, Skeleton } from "./ui.js";
import { topicName } from "../../core/topics.js";

type EventColumn = "time" | "watcher" | "what" | "topic";

const COLUMNS: readonly Column<FeedEvent, EventColumn>[] = [
  { id: "time", title: "Time", cell: ({ number }) => number, render: (event) => <Time event={event} /> },
  { id: "watcher", title: "Watcher", cell: (event) => readTopic(event).watcher, render: (event) => <Subject event={event} /> },
  { id: "what", title: "What happened", cell: (event) => describe(event).text, render: (event) => <What event={event} /> },
  { id: "topic", title: "Topic", cell: ({ topic }) => topic, render: ({ topic }) => <code title={topic}>{topic}</code> },
];

export function Events(): JSX.Element {
  return (
    <main>
      <EventList label="Events" shown={() => true} heading />
    </main>
  );
}

export interface EventListProps {
  readonly label: string;
  readonly heading?: boolean;
  readonly shown: (event: FeedEvent) => boolean;
}

export function EventList({ label, heading = false, shown }: EventListProps): JSX.Element {
  const loaded = useKnown(({ view }) => view.loaded);
  const live = useKnown(({ view }) => view.events);
  const [held, setHeld] = useState<readonly FeedEvent[] | null>(null);
  const [filter, setFilter] = useState("");
  const [sort, setSort] = useState<Sort<EventColumn>>({ column: "time", descending: true });
  const events = held ?? live;
  const all = events.filter(shown);
  const rows = useMemo(() => all.filter((event) => matches(filter, [event.topic, describe(event).text])), [all, filter]);
  const newer = held === null ? 0 : live.filter((event) => shown(event) && event.number > (held.at(-1)?.number ?? 0)).length;
  return (
    <>
      <div class="bar">
        {heading ? <h1>{label}</h1> : null}
        <Filter value={filter} label="Filter events" onChange={setFilter} />
        <div class="choices">
          <Button
            label={held === null ? "Pause" : newer > 0 ? `Go on (${newer})` : "Go on"}
            icon={held === null ? "pause" : "start"}
            pressed={held !== null}
            onPress={() => setHeld(held === null ? live : null)}
          />
        </div>
      </div>
      {loaded ? null : <Skeleton rows={8} />}
      {loaded && rows.length === 0 ? (
        <Empty title={all.length === 0 ? "Nothing has happened since circushttpd looks" : `No event has "${filter}" in it`}>
          Starts, ends, reloads and changes of watchers appear here as they come; the last {KEPT_EVENTS.toLocaleString("en")} are kept.
        </Empty>
      ) : null}
      {rows.length > 0 ? (
        <Table label={label} kind="events" columns={COLUMNS} rows={rows} keyOf={({ number }) => number} sort={sort} onSort={setSort} />
      ) : null}
    </>
  );
}

function Time({ event }: { readonly event: FeedEvent }): JSX.Element {
  const time = timeOf(event);
  return time === null ? <>–</> : <time dateTime={new Date(time * 1000).toISOString()}>{formatTime(time, true)}</time>;
}

function Subject({ event }: { readonly event: FeedEvent }): JSX.Element {
  const topic = readTopic(event).watcher;
  const name = useKnown(({ view }) => (topic === null ? undefined : [...view.watchers.keys()].find((one) => topicName(one) === topic)));
  return name === undefined ? <>{topic ?? "–"}</> : <Go to={{ page: "watcher", name, tab: "processes" }}>{name}</Go>;
}

function What({ event }: { readonly event: FeedEvent }): JSX.Element {
  const { text, tone } = describe(event);
  return (
    <span class={`happening ${tone}`} title={text}>
      {text}
    </span>
  );
}
