/** The console itself: what is known, where the reader is, and everything that can be done. Components get it by context. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { CommandName, Commands } from "../../wire/contract.js";
import type { DaemonInfo, Login, ServerMessage, SessionInfo } from "../api.js";
import { Feed } from "./feed.js";
import { type DaemonView, emptyView, lookAt, reduce } from "./model/state.js";
import { type Place, readRoute, type Route, writeRoute } from "./model/route.js";
import { getSession, logIn, logOut, type Refusal, sendCommand } from "./requests.js";
import { Store, usePart } from "./store.js";

export interface Toast {
  readonly id: number;
  readonly title: string;
  readonly message: string;
}

export interface Question {
  readonly title: string;
  readonly body: string;
  /** What the button says. */
  readonly action: string;
  readonly answer: (yes: boolean) => void;
}

export type Phase =
  | { readonly kind: "loading" }
  /** `message` says why an attempt failed. */
  | { readonly kind: "login"; readonly message: string | null }
  | { readonly kind: "ready"; readonly session: SessionInfo };

export interface ConsoleState {
  readonly phase: Phase;
  /** Whether circushttpd is connected. */
  readonly linked: boolean;
  readonly route: Route;
  readonly view: DaemonView;
  readonly toasts: readonly Toast[];
  readonly question: Question | null;
  readonly helpShown: boolean;
  /** What was done last, for who listens rather than looks. */
  readonly said: string;
}

export class Console {
  readonly store: Store<ConsoleState>;
  readonly feed: Feed;
  #lastToast = 0;

  constructor() {
    this.store = new Store<ConsoleState>({
      phase: { kind: "loading" },
      linked: true,
      route: readRoute(location.pathname, location.search),
      view: emptyView(""),
      toasts: [],
      question: null,
      helpShown: false,
      said: "",
    });
    this.feed = new Feed({ message: (message) => this.#receive(message), linked: (up) => void this.#linked(up) });
    window.addEventListener("popstate", () => this.#arrive(readRoute(location.pathname, location.search)));
  }

  /** Asks who we are, and begins. */
  async begin(): Promise<void> {
    const answer = await getSession();
    if (answer.ok) return this.#enter(answer.value);
    if (answer.failure.status === 401) return this.#set({ phase: { kind: "login", message: null } });
    this.#set({ linked: false });
    window.setTimeout(() => void this.begin(), 1000);
  }

  async logIn(login: Login): Promise<void> {
    const answer = await logIn(login);
    if (answer.ok) this.#enter(answer.value);
    else this.#set({ phase: { kind: "login", message: answer.failure.message } });
  }

  async logOut(): Promise<void> {
    const answer = await logOut();
    if (!answer.ok) return this.complain("Cannot log out", answer.failure.message);
    this.feed.stop();
    this.#set({ phase: { kind: "login", message: null }, view: emptyView("") });
  }

  go(place: Place): void {
    this.#visit({ ...this.store.state.route, place });
  }

  /** Shows another daemon, from its overview on. */
  switchTo(daemon: string): void {
    const first = this.#daemons()[0]?.id;
    this.#visit({ place: { page: "overview" }, daemon: daemon === first ? null : daemon });
  }

  /** The path of a place at the daemon that is shown. */
  href(place: Place): string {
    return writeRoute({ ...this.store.state.route, place });
  }

  /** Sends a command; what the daemon refuses is shown in its words. @returns the reply, or null where it was refused */
  async command<C extends CommandName>(command: C, properties: Commands[C]["properties"]): Promise<unknown> {
    const answer = await sendCommand(this.store.state.view.id, command, properties);
    const subject = "name" in properties ? ` ${properties.name ?? ""}` : "";
    if (answer.ok) {
      this.#set({ said: `${command}${subject}: ok` });
      return answer.value;
    }
    if (answer.failure.status === 401) this.#set({ phase: { kind: "login", message: null } });
    else this.complain(`Cannot ${command}${subject}`, answer.failure.message);
    return null;
  }

  /** Asks without complaining: for what a component shows itself. */
  async query<C extends CommandName>(command: C, properties: Commands[C]["properties"]): Promise<{ readonly reply: unknown } | Refusal> {
    const answer = await sendCommand(this.store.state.view.id, command, properties);
    return answer.ok ? { reply: answer.value } : answer.failure;
  }

  /** Has the reader confirm what destroys. */
  confirm(question: Omit<Question, "answer">): Promise<boolean> {
    return new Promise((resolve) => {
      const answer = (yes: boolean): void => {
        this.#set({ question: null });
        resolve(yes);
      };
      this.#set({ question: { ...question, answer } });
    });
  }

  /** Shows an error until it was read. */
  complain(title: string, message: string): void {
    const toast: Toast = { id: ++this.#lastToast, title, message };
    this.store.update((state) => ({ ...state, toasts: [...state.toasts.slice(-4), toast] }));
  }

  dismiss(id: number): void {
    this.store.update((state) => ({ ...state, toasts: state.toasts.filter((toast) => toast.id !== id) }));
  }

  showHelp(shown: boolean): void {
    this.#set({ helpShown: shown });
  }

  #set(part: Partial<ConsoleState>): void {
    this.store.update((state) => ({ ...state, ...part }));
  }

  #daemons(): readonly DaemonInfo[] {
    const { phase } = this.store.state;
    return phase.kind === "ready" ? phase.session.daemons : [];
  }

  #enter(session: SessionInfo): void {
    this.#set({ phase: { kind: "ready", session } });
    this.#arrive(this.store.state.route);
    this.feed.start();
  }

  #visit(route: Route): void {
    const path = writeRoute(route);
    if (path !== location.pathname + location.search) history.pushState(null, "", path);
    this.#arrive(route);
    window.scrollTo(0, 0);
  }

  #arrive(route: Route): void {
    const daemons = this.#daemons();
    const daemon = (daemons.find(({ id }) => id === route.daemon) ?? daemons[0])?.id ?? "";
    const name = route.place.page === "watcher" ? route.place.name : null;
    this.store.update((state) => {
      const view = state.view.id === daemon ? state.view : emptyView(daemon);
      return { ...state, route, view: lookAt(view, name) };
    });
    this.feed.look(name);
    if (daemon !== "") this.feed.open(daemon);
  }

  #receive(message: ServerMessage): void {
    this.store.update((state) => {
      const view = reduce(state.view, message);
      return view === state.view ? state : { ...state, view };
    });
  }

  /** A connection that is gone may be a login that has run out. */
  async #linked(up: boolean): Promise<void> {
    this.#set({ linked: up });
    if (up) return;
    const answer = await getSession();
    if (answer.ok || answer.failure.status !== 401) return;
    this.feed.stop();
    this.#set({ phase: { kind: "login", message: null } });
  }
}

export const ConsoleContext = createContext<Console | null>(null);

export function useConsole(): Console {
  const console = useContext(ConsoleContext);
  if (console === null) throw new Error("internal: a component stands outside the console");
  return console;
}

/** A part of what is known; the component is drawn again when it is another. */
export function useKnown<T>(part: (state: ConsoleState) => T): T {
  return usePart(useConsole().store, part);
}

/** Why nothing may be changed now, or null where it may. */
export function useHindrance(): string | null {
  return useKnown(({ phase, linked, view }) => {
    if (phase.kind !== "ready" || phase.session.role === "read") return "Your login may look, but not change anything";
    if (!linked) return "circushttpd does not answer";
    return view.up === false ? "circusd does not answer" : null;
  });
}
