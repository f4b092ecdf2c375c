/** The icons of the page, drawn in the colour of the text beside them. */
import type { JSX } from "preact";

const PATHS = {
  start: "M5 3.500v9l7.500-4.500z",
  stop: "M4 4h8v8H4z",
  restart: "M12.500 8a4.500 4.500 0 1 1-1.400-3.250M12.500 2.500V5.200H9.800",
  reload: "M3 6.500A5.200 5.200 0 0 1 12.300 5M13 9.500A5.200 5.200 0 0 1 3.700 11M12.600 2.500V5.200H9.900M3.400 13.500v-2.700h2.700",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  search: "M7 2.500a4.500 4.500 0 1 0 0 9a4.500 4.500 0 1 0 0-9M10.400 10.400l3.100 3.100",
  sun: "M8 5.200a2.800 2.800 0 1 0 0 5.600a2.800 2.800 0 1 0 0-5.600M8 1.500v1.300M8 13.200v1.300M1.500 8h1.300M13.200 8h1.300M3.400 3.400l.9.9M11.700 11.700l.9.9M3.400 12.600l.9-.9M11.700 4.300l.9-.9",
  moon: "M13 9.600A5.500 5.500 0 1 1 6.400 3a4.500 4.500 0 0 0 6.600 6.600z",
  auto: "M8 2.500a5.500 5.500 0 1 0 0 11a5.500 5.500 0 1 0 0-11M8 2.500v11M8 5l4.500 0M8 8h5.500M8 11h4.500",
  signal: "M9 1.800L3.500 9H8l-1 5.200L12.500 7H8z",
  more: "M3.500 8h.01M8 8h.01M12.500 8h.01",
  pause: "M5.500 3.500v9M10.500 3.500v9",
  down: "M8 3v9.500M4 8.800L8 12.800l4-4",
  back: "M10 3L5 8l5 5",
  lock: "M4 7.500h8v6H4zM5.500 7.500V5.200a2.500 2.500 0 0 1 5 0v2.300",
  trash: "M3 4.500h10M6.500 4.500V3h3v1.500M4.500 4.500l.6 9h5.800l.6-9M7 7v4M9 7v4",
  leave: "M9.500 3H4v10h5.500M7 8h6.500M11 5.500L13.500 8L11 10.500",
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
