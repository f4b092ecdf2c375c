/** The places of the page as paths, so that a reload, a bookmark and the back button find them again. */

export const TABS = ["processes", "output", "options", "events"] as const;

export type Tab = (typeof TABS)[number];

export type Place =
  | { readonly page: "overview" }
  | { readonly page: "watcher"; readonly name: string; readonly tab: Tab }
  | { readonly page: "circuit" }
  | { readonly page: "sockets" }
  | { readonly page: "events" }
  | { readonly page: "add" }
  | { readonly page: "nowhere"; readonly path: string };

export interface Route {
  readonly place: Place;
  /** Null for the first that circushttpd was given. */
  readonly daemon: string | null;
}

/** @example `readRoute("/watchers/web/output", "").place` is the tab "output" of the watcher "web" */
export function readRoute(path: string, query: string): Route {
  return { place: readPlace(path), daemon: new URLSearchParams(query).get("daemon") };
}

/** The path and query of a place. */
export function writeRoute({ place, daemon }: Route): string {
  return `${pathOf(place)}${daemon === null ? "" : `?${new URLSearchParams({ daemon }).toString()}`}`;
}

function readPlace(path: string): Place {
  const [page = "", name = "", tab = "processes", ...rest] = path.split("/").filter((part) => part !== "");
  if (page === "" && name === "") return { page: "overview" };
  if ((page === "circuit" || page === "sockets" || page === "events" || page === "add") && name === "") return { page };
  const known = TABS.find((one) => one === tab);
  const decoded = decode(name);
  if (page !== "watchers" || name === "" || known === undefined || decoded === null || rest.length > 0) return { page: "nowhere", path };
  return { page: "watcher", name: decoded, tab: known };
}

function pathOf(place: Place): string {
  switch (place.page) {
    case "overview":
      return "/";
    case "watcher":
      return `/watchers/${encodeURIComponent(place.name)}${place.tab === "processes" ? "" : `/${place.tab}`}`;
    case "nowhere":
      return place.path;
    case "circuit":
    case "sockets":
    case "events":
    case "add":
      return `/${place.page}`;
  }
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
