/** The frame around every page: where one is, where one can go, and whether everybody answers. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { SessionInfo } from "../api.js";
import { Add } from "./add.js";
import { Circuit } from "./circuit.js";
import { useConsole, useKnown } from "./console.js";
import { Confirmation, Dialog, Toasts } from "./dialog.js";
import { Events } from "./events.js";
import { Icon, type IconName, Logo } from "./icons.js";
import { KEYS, listenToKeys } from "./keys.js";
import { Login } from "./login.js";
import type { Place } from "./model/route.js";
import { Overview } from "./overview.js";
import { Sockets } from "./sockets.js";
import { nextTheme, setTheme, type Theme, useTheme } from "./theme.js";
import { Button, Empty, Go, Skeleton } from "./ui.js";
import { Watcher } from "./watcher.js";

export function App(): JSX.Element {
  const console = useConsole();
  const phase = useKnown((state) => state.phase);
  useEffect(() => listenToKeys(console), [console]);
  return (
    <>
      {phase.kind === "ready" ? <Top session={phase.session} /> : null}
      {phase.kind === "login" ? null : <Banner />}
      {phase.kind === "login" ? <Login message={phase.message} /> : null}
      {phase.kind === "loading" ? <Waiting /> : null}
      {phase.kind === "ready" ? <Page /> : null}
      <Confirmation />
      <Help />
      <Toasts />
    </>
  );
}

function Page(): JSX.Element {
  const place = useKnown((state) => state.route.place);
  const daemon = useKnown((state) => state.view.id);
  useEffect(() => {
    document.title = titleOf(place);
  }, [place]);
  switch (place.page) {
    case "overview":
      return <Overview />;
    case "watcher":
      // Another daemon may have a watcher of the same name: nothing of the one that was shown may stay.
      return <Watcher key={`${daemon} ${place.name}`} name={place.name} tab={place.tab} />;
    case "circuit":
      return <Circuit key={daemon} />;
    case "sockets":
      return <Sockets />;
    case "events":
      return <Events />;
    case "add":
      return <Add />;
    case "nowhere":
      return (
        <main>
          <Empty title={`There is no page "${place.path}"`}>
            <Go to={{ page: "overview" }}>All watchers</Go>
          </Empty>
        </main>
      );
  }
}

function titleOf(place: Place): string {
  if (place.page === "watcher") return `${place.name} · Circus`;
  return place.page === "overview" || place.page === "nowhere"
    ? "Circus"
    : `${place.page.charAt(0).toUpperCase()}${place.page.slice(1)} · Circus`;
}

function Waiting(): JSX.Element {
  return (
    <main>
      <Skeleton rows={8} />
    </main>
  );
}

function Top({ session }: { readonly session: SessionInfo }): JSX.Element {
  const console = useConsole();
  const page = useKnown((state) => state.route.place.page);
  const circuit = useKnown(({ view }) => view.circuit);
  return (
    <header class="top">
      <Go to={{ page: "overview" }} class="brand">
        <Logo />
        <b>Circus</b>
      </Go>
      <nav aria-label="Pages">
        <Go to={{ page: "overview" }} current={page === "overview" || page === "watcher"}>
          Watchers
        </Go>
        {circuit || page === "circuit" ? (
          <Go to={{ page: "circuit" }} current={page === "circuit"}>
            Circuit
          </Go>
        ) : null}
        <Go to={{ page: "sockets" }} current={page === "sockets"}>
          Sockets
        </Go>
        <Go to={{ page: "events" }} current={page === "events"}>
          Events
        </Go>
      </nav>
      <Daemons session={session} />
      <div class="tools">
        {session.role === "read" ? (
          <span class="tag" title="Your login may look, but not change anything">
            <Icon name="lock" /> <span>read only</span>
          </span>
        ) : (
          <Go to={{ page: "add" }} class="button primary" current={page === "add"}>
            <Icon name="plus" />
            <span>Add a watcher</span>
          </Go>
        )}
        <ThemeButton />
        <button
          type="button"
          class="button plain small"
          aria-label="Keys and help"
          title="Keys and help (?)"
          onClick={() => console.showHelp(true)}
        >
          <b aria-hidden="true">?</b>
        </button>
        {session.user === null ? null : <Button small icon="leave" label={`Log out ${session.user}`} onPress={() => console.logOut()} />}
      </div>
    </header>
  );
}

/** Which daemon is shown, and whether it answers. */
function Daemons({ session }: { readonly session: SessionInfo }): JSX.Element {
  const console = useConsole();
  const id = useKnown(({ view }) => view.id);
  const up = useKnown(({ view }) => view.up);
  const linked = useKnown((state) => state.linked);
  const state = !linked || up === false ? "away" : up === null ? "unknown" : "there";
  const shown = session.daemons.find((one) => one.id === id);
  return (
    <div class={`daemon ${state}`}>
      <i title={state === "there" ? "circusd answers" : "circusd does not answer"} />
      {session.daemons.length > 1 ? (
        <select
          aria-label="Daemon"
          title={shown?.endpoint}
          value={id}
          onChange={({ currentTarget }) => console.switchTo(currentTarget.value)}
        >
          {session.daemons.map((one) => (
            <option key={one.id} value={one.id} title={one.endpoint}>
              {one.id}
            </option>
          ))}
        </select>
      ) : (
        <code title={shown?.endpoint}>{shown?.endpoint}</code>
      )}
    </div>
  );
}

/** Says who does not answer; it goes by itself. */
function Banner(): JSX.Element {
  const linked = useKnown((state) => state.linked);
  const view = useKnown((state) => state.view);
  const endpoint = useKnown(({ phase }) =>
    phase.kind === "ready" ? phase.session.daemons.find(({ id }) => id === view.id)?.endpoint : undefined,
  );
  const words = !linked
    ? "Connection to circushttpd lost; trying again. What is shown is what was known last."
    : view.up === false
      ? `Connection to ${endpoint ?? "circusd"} lost; trying again. ${view.reason ?? ""}`
      : null;
  return (
    <div class="banner" role="status">
      {words === null ? null : <p>{words}</p>}
    </div>
  );
}

const THEMES: Readonly<Record<Theme, { readonly icon: IconName; readonly label: string }>> = {
  auto: { icon: "auto", label: "Colours: as the system has them" },
  light: { icon: "sun", label: "Colours: light" },
  dark: { icon: "moon", label: "Colours: dark" },
};

function ThemeButton(): JSX.Element {
  const { theme } = useTheme();
  return <Button small {...THEMES[theme]} onPress={() => setTheme(nextTheme(theme))} />;
}

function Help(): JSX.Element | null {
  const console = useConsole();
  const shown = useKnown((state) => state.helpShown);
  const version = useKnown(({ phase }) => (phase.kind === "ready" ? phase.session.version : ""));
  if (!shown) return null;
  const close = (): void => console.showHelp(false);
  return (
    <Dialog title="Keys" onClose={close}>
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p class="help">
        Everything here can be done in a terminal as well: <code>circusctl help</code>, <code>circus-top</code>. circushttpd {version}
      </p>
      <div class="choices">
        <Button label="Close" look="primary" onPress={close} />
      </div>
    </Dialog>
  );
}
