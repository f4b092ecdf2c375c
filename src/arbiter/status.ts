import type { Phase } from "../core/watcher/state.js";
import type { WatcherStatus } from "../wire/contract.js";

/** What `status` calls the phase of a watcher. */
export function statusOf(phase: Phase): WatcherStatus {
  switch (phase.kind) {
    case "stopped":
      return "stopped";
    case "preparing":
    case "starting":
    case "confirming":
      return "starting";
    case "active":
      return "active";
    case "leaving":
    case "stopping":
    case "closing":
      return "stopping";
  }
}
