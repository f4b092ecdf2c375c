/** The names of events on the PUB socket, and how a watcher's name appears in them. */

export type WatcherEvent =
  "spawn" | "start" | "stop" | "reap" | "kill" | "updated" | "reload" | "add" | "remove" | "hook_success" | "hook_failure";

/**
 * A watcher's name as topics carry it: lower case, spaces as underscores.
 * @example `topicName("My App") === "my_app"`
 */
export function topicName(watcher: string): string {
  return watcher.toLowerCase().replaceAll(" ", "_");
}

/** @example `watcherTopic("web", "spawn") === "watcher.web.spawn"` */
export function watcherTopic(watcher: string, event: WatcherEvent): string {
  return `watcher.${topicName(watcher)}.${event}`;
}
