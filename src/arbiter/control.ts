/** What commands may do with the arbiter. */
import type { Config, WatcherSpec } from "../core/spec.js";
import type { AddedCommands } from "./added-commands.js";
import type { CircuitSeat } from "./circuit-seat.js";
import type { ArbiterParts } from "./parts.js";
import type { Runner } from "./runner.js";
import type { SocketTable } from "./socket-table.js";
import type { Watchers } from "./watchers.js";

export interface Control {
  readonly parts: ArbiterParts;
  readonly config: Config;
  readonly watchers: Watchers;
  readonly sockets: SocketTable;
  readonly added: AddedCommands;
  readonly seat: CircuitSeat;
  /** Why nothing may be changed just now, as a refusal says it; null where it may. */
  readonly refusal: string | null;
  /** Adds a stopped watcher. @throws CommandError where the name is taken, or everything is being stopped */
  add(spec: WatcherSpec): Runner;
  /** Looks the user and the group of a spec up. @throws CommandError where workers cannot run as them */
  checkIdentity(spec: WatcherSpec): void;
  /** Loads every hook of a spec. @throws CommandError for one that cannot be loaded */
  checkHooks(spec: WatcherSpec): Promise<void>;
  publish(runner: Runner, event: "add" | "updated"): void;
  /** Starts all watchers with autostart, high priority first. */
  startAll(): Promise<void>;
  /** Stops all watchers, low priority first. @returns names of those that would not stop */
  stopAll(): Promise<readonly string[]>;
  /** Reloads every watcher, one after the other. @throws CommandError with the reasons of those that could not */
  reload(how: { readonly graceful: boolean; readonly sequential: boolean }): Promise<void>;
  /** Stops everything and starts anew from the file. @throws CommandError where the file has faults */
  restartInPlace(): Promise<void>;
  /** Takes over what has changed in the file. */
  reloadConfig(): Promise<void>;
  /** Stops all watchers; everything is closed once the answer is on its way. */
  quit(): Promise<void>;
}
