/** The screen that goes on until the user quits: figures and keys in, drawings out. */
import type { Clock, Millis } from "../../core/ports.js";
import { bodyHeight, layOut, placeAt, type Connection, type Scene } from "./layout.js";
import { arrange } from "./rows.js";
import type { ScreenListener, TerminalScreen } from "./screen.js";
import { chooseColumn } from "./sort.js";
import type { Source } from "./source.js";
import type { Signs } from "./text.js";
import { FIRST_VIEW, isFolded, press, scroll, select, settle, toggle, type Key, type View } from "./view.js";

export interface LiveParts {
  readonly source: Source;
  readonly clock: Clock;
  readonly endpoint: string;
  readonly signs: Signs;
  readonly open: (listener: ScreenListener) => TerminalScreen;
  /** Stops the program as Ctrl-Z does. */
  readonly suspend: () => void;
}

/** Figures come once a second; beyond this they have stopped. */
const SILENT: Millis = 2500;

/** A round is many frames: it is drawn when the most of it is there. */
const GATHER: Millis = 100;

const TICK: Millis = 1000;

/** Rows that a turn of the mouse wheel moves. */
const WHEEL = 3;

/** Runs until the user quits or the source is closed. @throws what the source throws */
export async function runLive(parts: LiveParts): Promise<void> {
  const live = new Live(parts);
  try {
    await live.run();
  } finally {
    live.close();
  }
}

class Live implements ScreenListener {
  readonly #parts: LiveParts;
  readonly #screen: TerminalScreen;
  #view: View = FIRST_VIEW;
  #gathering = false;
  #cancelTick = (): void => undefined;

  constructor(parts: LiveParts) {
    this.#parts = parts;
    this.#screen = parts.open(this);
  }

  async run(): Promise<void> {
    this.#tick();
    await this.#parts.source.run(() => this.#gather());
  }

  close(): void {
    this.#cancelTick();
    this.#screen.close();
  }

  key(key: Key): void {
    const { view, effect } = press(this.#view, key, this.#scene());
    this.#view = view;
    switch (effect) {
      case "quit":
        return this.#parts.source.close();
      case "suspend":
        return this.#parts.suspend();
      case "redraw":
        return this.#screen.redraw();
      case "none":
        return this.#draw();
    }
  }

  mouse(action: "press" | "wheelUp" | "wheelDown", x: number, y: number): void {
    const scene = this.#scene();
    this.#view = action === "press" ? clicked(scene, x, y) : scroll(scene.view, action === "wheelUp" ? -WHEEL : WHEEL, scene);
    this.#draw();
  }

  resize(): void {
    this.#draw();
  }

  #tick(): void {
    this.#draw();
    this.#cancelTick = this.#parts.clock.after(TICK, () => this.#tick());
  }

  #gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    this.#parts.clock.after(GATHER, () => {
      this.#gathering = false;
      this.#draw();
    });
  }

  #draw(): void {
    this.#screen.draw(layOut(this.#scene()));
  }

  /** What is to be seen now; the view is settled upon it. */
  #scene(): Scene & { readonly height: number } {
    const { endpoint, signs, source } = this.#parts;
    const { size } = this.#screen;
    const height = bodyHeight(size);
    const snapshot = source.snapshot();
    const { sort, filter } = this.#view;
    const rows = arrange(snapshot, { sort, filter, isFolded: (group) => isFolded(this.#view, group) });
    this.#view = settle(this.#view, { rows, height });
    return { snapshot, rows, view: this.#view, connection: this.#connection(), endpoint, size, signs, height };
  }

  #connection(): Connection {
    const silence = this.#parts.source.silence();
    if (silence === null) return { kind: "waiting" };
    return silence <= SILENT ? { kind: "live" } : { kind: "silent", seconds: Math.floor(silence / 1000) };
  }
}

/** A title sorts, a row is selected; a watcher that is selected already folds, and its sign does at once. */
function clicked(scene: Scene & { readonly height: number }, x: number, y: number): View {
  const { view, rows } = scene;
  const place = placeAt(x, y, scene);
  if (view.help) return { ...view, help: false };
  if (place === null) return view;
  if (place.kind === "column") return { ...view, sort: chooseColumn(view.sort, place.column) };
  const row = rows[place.index];
  const chosen = select(view, place.index, scene);
  const heads = row !== undefined && row.key === row.group;
  return heads && (place.index === view.index || x <= 2) ? toggle(chosen, scene) : chosen;
}
