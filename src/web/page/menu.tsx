/** A button with more to choose from behind it. */
import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Icon } from "./icons.js";

export interface MenuItem {
  readonly label: string;
  readonly danger?: boolean;
  readonly hindrance: string | null;
  readonly run: () => unknown;
}

/** Opens by a click or the arrow keys; Escape, Tab and a click elsewhere close it. */
export function Menu({ label, items }: { readonly label: string; readonly items: readonly MenuItem[] }): JSX.Element {
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    if (!open) return;
    choices(place.current)[0]?.focus();
    const close = (event: PointerEvent): void => {
      if (event.target instanceof Node && place.current?.contains(event.target) !== true) setOpen(false);
    };
    document.addEventListener("pointerdown", close);
    return () => document.removeEventListener("pointerdown", close);
  }, [open]);
  const leave = (): void => {
    setOpen(false);
    place.current?.querySelector("button")?.focus();
  };
  return (
    <div
      class="menu"
      ref={place}
      onKeyDown={(event) => {
        if (event.key === "Escape") leave();
        if (event.key === "Tab") setOpen(false);
        if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
        event.preventDefault();
        if (open) step(place.current, event.key === "ArrowDown" ? 1 : -1);
        else setOpen(true);
      }}
    >
      <button
        type="button"
        class="button plain small"
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        <Icon name="more" />
      </button>
      {open ? (
        <div role="menu" id={id} aria-label={label} class="menu-items">
          {items.map((item) => (
            <button
              key={item.label}
              type="button"
              role="menuitem"
              class={item.danger === true ? "danger" : undefined}
              aria-disabled={item.hindrance === null ? undefined : "true"}
              title={item.hindrance ?? undefined}
              onClick={() => {
                if (item.hindrance !== null) return;
                leave();
                item.run();
              }}
            >
              {item.label}
            </button>
          ))}
        </div>
      ) : null}
    </div>
  );
}

function choices(place: HTMLElement | null): readonly HTMLElement[] {
  return place === null ? [] : [...place.querySelectorAll<HTMLElement>('[role="menuitem"]')];
}

function step(place: HTMLElement | null, by: number): void {
  const all = choices(place);
  const at = all.findIndex((one) => one === document.activeElement);
  all[(at + by + all.length) % all.length]?.focus();
}
