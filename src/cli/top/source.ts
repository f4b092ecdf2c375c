/** Where the figures on the screen come from: one daemon's publisher, or the servers of a circuit. */
import type { Figures } from "../../client/figures.js";
import type { Clock, Millis } from "../../core/ports.js";
import { Model, type Snapshot } from "./model.js";

export interface Source {
  /** Keeps what is known up to date, and tells of each change, until it is closed. @throws Error where there are no figures to be had */
  run(changed: () => void): Promise<void>;
  snapshot(): Snapshot;
  /** Milliseconds since anything was heard; null before that. */
  silence(): Millis | null;
  close(): void;
}

/** @param timeout seconds after which a process that is not heard of is forgotten */
export function daemonSource(figures: Figures, clock: Clock, timeout: number): Source {
  const model = new Model(timeout);
  return {
    async run(changed) {
      for await (const frame of figures) {
        model.receive(frame, clock.now());
        changed();
      }
    },
    snapshot: () => model.snapshot(),
    silence: () => model.silence(clock.now()),
    close: () => figures.close(),
  };
}
