// Hooks of the watcher "worker". Each gets one object; its working_dir is that of the watcher.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** Goes on only where there is something to do. */
export function hasWork({ working_dir: directory }) {
  return existsSync(path.join(directory, "work.txt"));
}

/** Adds how far the worker has come. */
export function addProgress({ working_dir: directory, stats }) {
  stats.lines_done = Number(readFileSync(path.join(directory, "progress.txt"), "utf8"));
  return true;
}
