/** The exit codes of circusd, which are part of its interface. */
export const EXIT = {
  /** Stopped as asked, printed what was asked for, or the background daemon is up. */
  done: 0,
  /** Could not start: configuration, log, pid file or endpoint. For `--check`: the configuration has errors. */
  failed: 1,
  /** The command line is wrong. */
  misused: 2,
  /** Stopped, but not everything would stop, or a third signal cut it short. */
  forced: 3,
  /** An essential watcher could not be started, or a hook refused it. What ended with a process has that process's code. */
  unstarted: 4,
} as const;
