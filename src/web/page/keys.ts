/** The keys of the page. */
import type { Console } from "./console.js";
import type { Place } from "./model/route.js";

export const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["/", "Go to the filter"],
  ["Esc", "Empty the filter, close what is open"],
  ["g o", "Overview"],
  ["g c", "Circuit"],
  ["g s", "Sockets"],
  ["g e", "Events"],
  ["g a", "Add a watcher"],
  ["?", "This help"],
];

const PLACES: Readonly<Record<string, Place>> = {
  o: { page: "overview" },
  c: { page: "circuit" },
  s: { page: "sockets" },
  e: { page: "events" },
  a: { page: "add" },
};

/** Milliseconds in which the second key of two must follow. */
const PATIENCE = 1500;

/** Hears keys that no control takes. @returns what ends it */
export function listenToKeys(console: Console): () => void {
  let since = Number.NEGATIVE_INFINITY;
  const hear = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]") !== null) return;
    const place = event.timeStamp - since < PATIENCE ? PLACES[event.key] : undefined;
    since = event.key === "g" ? event.timeStamp : Number.NEGATIVE_INFINITY;
    if (place !== undefined) {
      event.preventDefault();
      console.go(place);
    } else if (event.key === "?") {
      console.showHelp(true);
    } else if (event.key === "/") {
      event.preventDefault();
      document.querySelector<HTMLInputElement>("input[data-filter]")?.focus();
    }
  };
  window.addEventListener("keydown", hear);
  return () => window.removeEventListener("keydown", hear);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.matches("input:not([type=checkbox]), textarea, select") || target.isContentEditable);
}
