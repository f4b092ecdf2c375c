/** One server of a churn, and what must stand on it by what its clients were told. */
import { ChannelLedger } from "./channel-ledger.js";
import type { CircuitProgram } from "./circuit-program.js";

/** Of a process: `perhaps` where the way broke before it was told whether it was made, or scrubbed. */
export type Presence = "there" | "perhaps";

/** Messages that its channel keeps. */
export const CAPACITY = 50;

/** Where its channel stands. */
export const CHANNEL = ["jobs"] as const;

export class ChurnServer {
  readonly program: CircuitProgram;
  /** It is never ended. */
  readonly isSturdy: boolean;
  readonly ledger: ChannelLedger;
  /** By the names of their anchors. */
  readonly processes = new Map<string, Presence>();
  isHung = false;

  constructor(program: CircuitProgram, isSturdy: boolean) {
    this.program = program;
    this.isSturdy = isSturdy;
    this.ledger = new ChannelLedger(program.name);
  }

  get id(): string {
    return this.program.id;
  }

  hang(isHung: boolean): void {
    this.isHung = isHung;
    this.program.signal(isHung ? "SIGSTOP" : "SIGCONT");
  }

  /** @param seen paths of processes, as they are listed @returns what is wrong with them */
  compare(seen: readonly string[]): readonly string[] {
    const names = new Set(seen.map((path) => path.split("/").slice(2).join("/")));
    const missing = [...this.processes].filter(([name, presence]) => presence === "there" && !names.has(name));
    const surplus = [...names].filter((name) => !this.processes.has(name));
    return [
      ...missing.map(([name]) => `${this.program.name}: process ${name} is not there any more`),
      ...surplus.map((name) => `${this.program.name}: process ${name} is there though it was taken away`),
    ];
  }
}
