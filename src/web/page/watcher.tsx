/** One watcher: what it uses, its processes, its output, its options, and what happened to it. */
import type { JSX } from "preact";
import type { WatcherState } from "../api.js";
import { act, reload, remove, removeProcess } from "./actions.js";
import { Charts } from "./charts.js";
import { useConsole, useHindrance, useKnown } from "./console.js";
import { EventList } from "./events.js";
import { Menu } from "./menu.js";
import { formatBytes, formatPercent } from "./model/format.js";
import { topicName } from "../../core/topics.js";
import { readTopic } from "./model/happenings.js";
import { type Tab, TABS } from "./model/route.js";
import { Options } from "./options.js";
import { Output } from "./output.js";
import { Processes } from "./processes.js";
import { Icon } from "./icons.js";
import { Button, Empty, Go, Skeleton, Status } from "./ui.js";

const TITLES: Readonly<Record<Tab, string>> = { processes: "Processes", output: "Output", options: "Options", events: "Events" };

export function Watcher({ name, tab }: { readonly name: string; readonly tab: Tab }): JSX.Element {
  const loaded = useKnown(({ view }) => view.loaded);
  const watcher = useKnown(({ view }) => view.watchers.get(name));
  if (!loaded)
    return (
      <main class="watcher">
        <Skeleton rows={10} />
      </main>
    );
  if (watcher === undefined) {
    return (
      <main class="watcher">
        <Empty title={`There is no watcher "${name}"`}>
          It was removed, or never added. <Go to={{ page: "overview" }}>All watchers</Go>
        </Empty>
      </main>
    );
  }
  return (
    <main class="watcher">
      <Header watcher={watcher} />
      <Figures name={name} />
      <nav class="tabs" aria-label={`Parts of ${name}`}>
        {TABS.map((one) => (
          <Go key={one} to={{ page: "watcher", name, tab: one }} current={one === tab}>
            {TITLES[one]}
          </Go>
        ))}
      </nav>
      {tab === "processes" ? <Processes watcher={watcher} /> : null}
      {tab === "output" ? <Output key={name} watcher={watcher} /> : null}
      {tab === "options" ? <Options key={name} name={name} /> : null}
      {tab === "events" ? <Happened name={name} /> : null}
    </main>
  );
}

function Header({ watcher }: { readonly watcher: WatcherState }): JSX.Element {
  const { name, pids, numprocesses, status, internal, deaths } = watcher;
  const figures = useKnown(({ view }) => view.figures.get(name));
  return (
    <header class="heading">
      <Go to={{ page: "overview" }} class="back">
        <Icon name="back" />
        <span class="unseen">All watchers</span>
      </Go>
      <h1>{name}</h1>
      <Status status={status} />
      {internal ? <span class="tag">Circus's own</span> : null}
      <dl class="facts">
        <div>
          <dt>processes</dt>
          <dd>
            {pids.length}/{numprocesses ?? "?"}
          </dd>
        </div>
        <div>
          <dt>CPU</dt>
          <dd>{formatPercent(figures?.cpu ?? null)}</dd>
        </div>
        <div>
          <dt>memory</dt>
          <dd>{formatBytes(figures?.memory ?? null)}</dd>
        </div>
        <div>
          <dt>deaths</dt>
          <dd class={deaths > 0 ? "bad" : undefined}>{deaths}</dd>
        </div>
      </dl>
      <HeaderActions watcher={watcher} />
    </header>
  );
}

function HeaderActions({ watcher }: { readonly watcher: WatcherState }): JSX.Element {
  const console = useConsole();
  const hindrance = useHindrance();
  const { name, status, singleton, pids } = watcher;
  const stopped = status === "stopped" ? `${name} does not run` : null;
  const single = singleton ? `${name} is a singleton: it has one process at most` : null;
  return (
    <div class="choices" role="group" aria-label={`Actions on ${name}`}>
      <Button
        small
        icon="minus"
        label="Remove a process"
        hindrance={hindrance ?? (pids.length === 0 ? "It has no process" : null)}
        onPress={() => removeProcess(console, watcher)}
      />
      <Button
        small
        icon="plus"
        label="Add a process"
        hindrance={hindrance ?? single ?? stopped}
        onPress={() => console.command("incr", { name, nb: 1, waiting: true })}
      />
      {status === "stopped" ? (
        <Button icon="start" look="primary" label="Start" hindrance={hindrance} onPress={() => act(console, "start", watcher)} />
      ) : (
        <Button icon="stop" label="Stop" hindrance={hindrance} onPress={() => act(console, "stop", watcher)} />
      )}
      <Button icon="restart" label="Restart" hindrance={hindrance} onPress={() => act(console, "restart", watcher)} />
      <Button icon="reload" label="Reload" hindrance={hindrance ?? stopped} onPress={() => act(console, "reload", watcher)} />
      <Menu
        label="More actions"
        items={[
          { label: "Reload one by one", hindrance: hindrance ?? stopped, run: () => reload(console, name, { sequential: true }) },
          {
            label: "Reload at once, not gracefully",
            hindrance: hindrance ?? stopped,
            run: () => reload(console, name, { graceful: false }),
          },
          { label: "Remove the watcher…", danger: true, hindrance, run: () => remove(console, name) },
        ]}
      />
    </div>
  );
}

function Figures({ name }: { readonly name: string }): JSX.Element {
  const arrive = useKnown(({ view }) => view.figuresArrive);
  const history = useKnown(({ view }) => view.history.get(name));
  if (!arrive) {
    return (
      <Empty title="No figures arrive">
        circusd-stats does not run. Write <code>statsd = True</code> into <code>[circus]</code> of circus.ini and run{" "}
        <code>circusctl reloadconfig</code>.
      </Empty>
    );
  }
  return <Charts history={history ?? NOTHING} />;
}

const NOTHING = { time: [], cpu: [], memory: [] };

function Happened({ name }: { readonly name: string }): JSX.Element {
  const topic = topicName(name);
  return <EventList label={`Events of ${name}`} shown={(event) => readTopic(event).watcher === topic} />;
}
