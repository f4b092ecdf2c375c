/** The icons of the page, drawn in the colour of the text beside them. */
import type { JSX } from "preact";

const PATHS = {
  start: "M5 3.5v9l7.5-4.5z",
  stop: "M4 4h8v8H4z",
  restart: "M12.5 8a4.5 4.5 0 1 1-1.4-3.250M12.5 2.5V5.2H9.8",
  reload: "M3 6.5A5.2 5.2 0 0 1 12.3 5M13 9.5A5.2 5.2 0 0 1 3.7 11M12.6 2.5V5.2H9.9M3.4 13.5v-2.7h2.7",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.4 10.4l3.1 3.1",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
  moon: "M13 9.6A5.5 5.5 0 1 1 6.4 3a4.5 4.5 0 0 0 6.6 6.6z",
  auto: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M8 2.5v11M8 5l4.5 0M8 8h5.5M8 11h4.5",
  signal: "M9 1.8L3.5 9H8l-1 5.2L12.5 7H8z",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  down: "M8 3v9.5M4 8.8L8 12.8l4-4",
  back: "M10 3L5 8l5 5",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5.2a2.5 2.5 0 0 1 5 0v2.3",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 9h5.8l.6-9M7 7v4M9 7v4",
  leave: "M9.5 3H4v10h5.5M7 8h6.5M11 5.5L13.5 8L11 10.5",
} as const;

export type IconName = keyof typeof PATHS;

const FILLED: readonly IconName[] = ["start", "stop"];

export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class={FILLED.includes(name) ? "icon filled" : "icon"} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Logo(): JSX.Element {
  return <img class="logo" src="/icon.svg" alt="" width={24} height={24} />;
}
