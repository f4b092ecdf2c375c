/** The small parts that every page is made of. */
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { WatcherStatus } from "../../wire/contract.js";
import { Icon, type IconName } from "./icons.js";
import { useConsole } from "./console.js";
import type { Place } from "./model/route.js";

export interface ButtonProps {
  readonly label: string;
  readonly icon?: IconName;
  /** Only the icon is seen; the label is for who listens, and for the pointer that waits. */
  readonly small?: boolean;
  readonly look?: "plain" | "primary" | "danger";
  /** Why it cannot be pressed; null where it can. */
  readonly hindrance?: string | null;
  readonly pressed?: boolean;
  readonly submit?: boolean;
  readonly onPress?: () => unknown;
}

/** A button that says why it cannot be pressed, and cannot be pressed again while its work is under way. */
export function Button({ label, icon, small = false, look = "plain", hindrance = null, ...props }: ButtonProps): JSX.Element {
  const [busy, setBusy] = useState(false);
  const press = async (event: Event): Promise<void> => {
    if (hindrance !== null || busy) return event.preventDefault();
    const work: unknown = props.onPress?.();
    if (!(work instanceof Promise)) return;
    setBusy(true);
    try {
      await work;
    } finally {
      setBusy(false);
    }
  };
  const reason = hindrance ?? (small ? label : undefined);
  return (
    <button
      type={props.submit === true ? "submit" : "button"}
      class={`button ${look}${small ? " small" : ""}${busy ? " busy" : ""}`}
      aria-label={small ? label : undefined}
      aria-disabled={hindrance === null ? undefined : "true"}
      aria-pressed={props.pressed}
      aria-busy={busy ? "true" : undefined}
      title={reason}
      onClick={(event) => void press(event)}
    >
      {icon === undefined ? null : <Icon name={icon} />}
      {small ? null : <span>{label}</span>}
    </button>
  );
}

/** A link to a place of the page, that a click follows without loading anything. */
export function Go({
  to,
  children,
  ...props
}: {
  readonly to: Place;
  readonly children: ComponentChildren;
  readonly class?: string;
  readonly current?: boolean;
}): JSX.Element {
  const console = useConsole();
  return (
    <a
      class={props.class}
      href={console.href(to)}
      aria-current={props.current === true ? "page" : undefined}
      onClick={(event) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        console.go(to);
      }}
    >
      {children}
    </a>
  );
}

export function Status({ status }: { readonly status: WatcherStatus }): JSX.Element {
  return (
    <span class={`badge ${status}`}>
      <i />
      {status}
    </span>
  );
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <strong>{title}</strong>
      <p>{children}</p>
    </div>
  );
}

/** Grey bars in the place of what is on its way. */
export function Skeleton({ rows = 6 }: { readonly rows?: number }): JSX.Element {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <i key={row} />
      ))}
    </div>
  );
}

/** Text in which `this` is code. */
export function Prose({ text }: { readonly text: string }): JSX.Element {
  return <>{text.split("`").map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part))}</>;
}

export interface FilterProps {
  readonly value: string;
  readonly label: string;
  readonly onChange: (value: string) => void;
}

/** The box that the key `/` leads to. */
export function Filter({ value, label, onChange }: FilterProps): JSX.Element {
  return (
    <label class="filter">
      <Icon name="search" />
      <input
        type="search"
        data-filter
        value={value}
        placeholder={label}
        aria-label={label}
        autocomplete="off"
        spellcheck={false}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          onChange("");
          event.currentTarget.blur();
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}
