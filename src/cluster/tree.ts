/**
 * The anchors of a server with what stands on them. An anchor is there as long as it, or one below it, holds an element:
 * only making an element makes anchors, and taking the last one away removes them at once.
 *
 * While an element is being made its path is reserved; nothing is seen of it before it stands, and nothing remains of it
 * when it fails. Everything else goes on meanwhile.
 */
import { CircuitError } from "../wire/circuit/errors.js";
import type { ElementKind } from "../wire/circuit/contract.js";
import type { Element, MakeElement } from "./elements/element.js";

export type Path = readonly string[];

export interface Entry {
  /** From the server's anchor on. */
  readonly path: string[];
  readonly kind: ElementKind | null;
}

/** A reserved subtree of one level whose anchors are not made here. */
export interface Mount {
  readonly name: string;
  /** In any order. */
  names(): Promise<readonly string[]>;
  /** Null where there is none of that name. */
  find(name: string): Promise<Element | null>;
  readonly kind: ElementKind;
  /** What the refusal to make or to scrub something there says. */
  readonly refusal: string;
}

export interface TreeOptions {
  /** How the server's own anchor is called, for messages. */
  readonly server: string;
  /** What stands on it, for as long as it lives. */
  readonly root: Element;
  readonly mounts: readonly Mount[];
  /** An id that was never given before. */
  readonly newId: () => string;
}

/** Elements that one server holds at most. */
const MOST_ELEMENTS = 100_000;

interface Anchor {
  readonly name: string;
  readonly parent: Anchor | null;
  readonly children: Map<string, Anchor>;
  element: Element | null;
}

export class Tree {
  readonly #options: TreeOptions;
  readonly #top: Anchor;
  /** Paths on which something is being made. */
  readonly #reserved = new Set<string>();
  #count = 0;
  #cleared = false;

  constructor(options: TreeOptions) {
    this.#options = options;
    this.#top = { name: options.server, parent: null, children: new Map(), element: options.root };
  }

  /** How many elements stand here, without the server's own. */
  get size(): number {
    return this.#count;
  }

  /**
   * The anchors below a path, in the order of their paths; `depth` levels of them, null for all.
   * @throws CircuitError `no-such-anchor`
   */
  async list(path: Path, depth: number | null): Promise<Entry[]> {
    const levels = depth ?? Infinity;
    const mount = this.#mountOf(path);
    if (mount !== null) return this.#listMount(mount, path, levels);
    const entries = collect(this.#anchorAt(path), [...path], levels);
    if (path.length > 0 || levels === 0) return entries;
    const mounted = await Promise.all(this.#options.mounts.map((one) => this.#mounted(one, levels - 1)));
    return [...entries, ...mounted.flat()].sort((one, other) => compare(one.path, other.path));
  }

  /**
   * What stands on an anchor; null where it holds nothing.
   * @throws CircuitError `no-such-anchor`
   */
  async peek(path: Path): Promise<Element | null> {
    const mount = this.#mountOf(path);
    if (mount === null) return this.#anchorAt(path).element;
    if (path.length === 1) return null;
    return this.#findMounted(mount, path);
  }

  /**
   * The element that a call is for; `id` says which one it was, if the caller knows.
   * @throws CircuitError `no-such-anchor`, `no-such-element`
   */
  async find(path: Path, id: string | undefined): Promise<Element> {
    const element = await this.peek(path);
    if (element === null) throw new CircuitError("no-such-element", `${this.show(path)} holds no element`);
    if (id !== undefined && element.id !== id) throw this.#replaced(path);
    return element;
  }

  /**
   * Makes an element with the anchors on the way to it.
   * @throws CircuitError `occupied`, `refused`, `overload`, and what the maker throws; nothing has changed then
   */
  async make<E extends Element>(path: Path, make: MakeElement<E>): Promise<E> {
    this.#checkFree(path);
    const key = path.join("/");
    this.#reserved.add(key);
    try {
      let gone = false;
      let placed: E | null = null;
      const leave = (): void => {
        gone = true;
        if (placed !== null) this.#remove(path, placed);
      };
      const element = await make(this.#options.newId(), { leave });
      if (this.#cleared) {
        await element.scrub(true);
        throw this.#ending(path);
      }
      // It may have ended by itself already, and wanted to go then.
      if (!gone) this.#place(path, element);
      placed = element;
      return element;
    } finally {
      this.#reserved.delete(key);
    }
  }

  /**
   * Takes an element from its anchor; whoever waits for it is told.
   * @returns whether there was one
   * @throws CircuitError `no-such-anchor`, `no-such-element`, `refused`
   */
  async scrub(
    path: Path,
    { element: id, kill = false }: { readonly element?: string | undefined; readonly kill?: boolean | undefined },
  ): Promise<boolean> {
    if (path.length === 0)
      throw new CircuitError("refused", `Cannot scrub ${this.show(path)}: it is the server itself, which "suicide" ends`);
    const mount = this.#mountOf(path);
    if (mount !== null) throw new CircuitError("refused", `Cannot scrub ${this.show(path)}: ${mount.refusal}`);
    const { element } = this.#anchorAt(path);
    if (element === null) return false;
    if (id !== undefined && element.id !== id) throw this.#replaced(path);
    this.#remove(path, element);
    await element.scrub(kill);
    return true;
  }

  /** Takes every element from its anchor, for the end of the server; what is still being made is ended as soon as it stands. */
  async clear(kill: boolean): Promise<void> {
    this.#cleared = true;
    const elements = collectElements(this.#top).filter((element) => element !== this.#options.root);
    this.#top.children.clear();
    this.#count = 0;
    await Promise.all(elements.map((element) => element.scrub(kill)));
  }

  /** A path as messages show it, with the server's name, in quotes. */
  show(path: Path): string {
    return `"/${[this.#options.server, ...path].join("/")}"`;
  }

  #checkFree(path: Path): void {
    if (this.#cleared) throw this.#ending(path);
    const cannot = `Cannot make an element at ${this.show(path)}`;
    const mount = this.#mountOf(path);
    if (mount !== null) throw new CircuitError("refused", `${cannot}: ${mount.refusal}`);
    const held = this.#walk(path)?.element ?? null;
    if (held !== null)
      throw new CircuitError("occupied", `${cannot}: the anchor holds a ${held.kind} already; scrub it first, or take another name`);
    if (this.#reserved.has(path.join("/"))) throw new CircuitError("occupied", `${cannot}: another one is just being made there`);
    if (this.#count + this.#reserved.size >= MOST_ELEMENTS) {
      throw new CircuitError("overload", `${cannot}: the server holds ${this.#count} elements; scrub some`);
    }
  }

  #place(path: Path, element: Element): void {
    let anchor = this.#top;
    for (const name of path) {
      const next: Anchor = anchor.children.get(name) ?? { name, parent: anchor, children: new Map(), element: null };
      anchor.children.set(name, next);
      anchor = next;
    }
    anchor.element = element;
    this.#count += 1;
  }

  /** Removes an element if it still stands there, and the anchors that are empty then. */
  #remove(path: Path, element: Element): void {
    const anchor = this.#walk(path);
    if (anchor === null || anchor.element !== element) return;
    anchor.element = null;
    this.#count -= 1;
    let empty: Anchor = anchor;
    while (empty.parent !== null && empty.element === null && empty.children.size === 0) {
      empty.parent.children.delete(empty.name);
      empty = empty.parent;
    }
  }

  #anchorAt(path: Path): Anchor {
    const anchor = this.#walk(path);
    if (anchor === null) throw this.#noSuchAnchor(path);
    return anchor;
  }

  #walk(path: Path): Anchor | null {
    let anchor: Anchor | undefined = this.#top;
    for (const name of path) anchor = anchor?.children.get(name);
    return anchor ?? null;
  }

  #mountOf(path: Path): Mount | null {
    return this.#options.mounts.find(({ name }) => name === path[0]) ?? null;
  }

  async #listMount(mount: Mount, path: Path, levels: number): Promise<Entry[]> {
    if (path.length === 1) return levels === 0 ? [] : namesIn(mount, await mount.names());
    await this.#findMounted(mount, path);
    return [];
  }

  /** A mount that does not answer is a line without others below it, not the end of the listing. */
  async #mounted(mount: Mount, levels: number): Promise<Entry[]> {
    const own: Entry = { path: [mount.name], kind: null };
    const names = levels === 0 ? [] : await mount.names().catch(() => []);
    return [own, ...namesIn(mount, names)];
  }

  async #findMounted(mount: Mount, path: Path): Promise<Element> {
    const [, name = "", ...deeper] = path;
    const element = deeper.length === 0 ? await mount.find(name) : null;
    if (element === null) throw this.#noSuchAnchor(path);
    return element;
  }

  #noSuchAnchor(path: Path): CircuitError {
    return new CircuitError("no-such-anchor", `There is no anchor ${this.show(path)}; "ls" shows which there are`);
  }

  #ending(path: Path): CircuitError {
    return new CircuitError("unavailable", `Cannot make an element at ${this.show(path)}: the server is ending`);
  }

  #replaced(path: Path): CircuitError {
    return new CircuitError("no-such-element", `The element at ${this.show(path)} is gone, and another one has taken its place`);
  }
}

function collect(anchor: Anchor, path: string[], levels: number): Entry[] {
  const entries: Entry[] = [];
  const pending: { readonly anchor: Anchor; readonly path: string[] }[] = [{ anchor, path }];
  const deepest = path.length + levels;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const here = next.path;
    if (here.length > path.length) entries.push({ path: here, kind: next.anchor.element?.kind ?? null });
    if (here.length >= deepest) continue;
    const children = [...next.anchor.children.values()].sort((one, other) => compareNames(other.name, one.name));
    for (const child of children) pending.push({ anchor: child, path: [...here, child.name] });
  }
  return entries;
}

function collectElements(anchor: Anchor): Element[] {
  const below = [...anchor.children.values()].flatMap(collectElements);
  return anchor.element === null ? below : [anchor.element, ...below];
}

function namesIn({ name, kind }: Mount, names: readonly string[]): Entry[] {
  return [...names].sort(compareNames).map((one) => ({ path: [name, one], kind }));
}

function compare(one: Path, other: Path): number {
  for (const [index, name] of one.entries()) {
    const opposite = other[index];
    if (opposite === undefined) return 1;
    const order = compareNames(name, opposite);
    if (order !== 0) return order;
  }
  return one.length - other.length;
}

function compareNames(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
