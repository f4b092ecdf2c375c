/** One value that components watch a part of each; they hear of changes at most once per frame. */
import { useLayoutEffect, useReducer, useRef } from "preact/hooks";

export class Store<S> {
  #state: S;
  readonly #watchers = new Set<() => void>();
  #frame: number | null = null;

  constructor(state: S) {
    this.#state = state;
  }

  get state(): S {
    return this.#state;
  }

  update(change: (state: S) => S): void {
    const changed = change(this.#state);
    if (changed === this.#state) return;
    this.#state = changed;
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      for (const tell of [...this.#watchers]) tell();
    });
  }

  /** @returns what ends it */
  watch(tell: () => void): () => void {
    this.#watchers.add(tell);
    return () => this.#watchers.delete(tell);
  }
}

/** A part of the store; the component is drawn again when that part is another one. */
export function usePart<S, T>(store: Store<S>, part: (state: S) => T): T {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const value = part(store.state);
  const last = useRef({ part, value });
  last.current = { part, value };
  useLayoutEffect(() => {
    const look = (): void => {
      if (last.current.part(store.state) !== last.current.value) draw(0);
    };
    look();
    return store.watch(look);
  }, [store]);
  return value;
}
