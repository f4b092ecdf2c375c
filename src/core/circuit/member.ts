/** A server of a circuit, as the others know it. */

/** `X` and 16 hexadecimal digits: the name of a server's anchor. New at every start, as in Circuit. */
export type ServerId = string;

/** `Q` and 16 hexadecimal digits: the running program, the last part of its address. New at every start. */
export type WorkerId = string;

export interface Member {
  readonly id: ServerId;
  readonly worker: WorkerId;
  /** `circuit://HOST:PORT/PID/Q…`, where the others reach it. */
  readonly address: string;
  /** What people call it; the host's name unless the configuration says otherwise. Not always unique. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the program. */
  readonly version: string;
  /** Seconds since the epoch, by its own clock. */
  readonly started: number;
  /** Grows whenever the server changes one of the above at run time; the higher one counts. */
  readonly revision: number;
  /** Whether a circusd with watchers stands behind it (`circus/` in its tree). */
  readonly circusd: boolean;
}

/** How a server looks from another one: `slow` is connected and alive but has not answered for a while. */
export type MemberState = "alive" | "slow";

/** Why a server is not seen any more: it said good-bye, or it was lost. */
export type Departure = "left" | "failed";

const ID = /^X[0-9a-f]{16}$/;

/** @example `isServerId("Xa2e9cb3bc1b7aa7a")` */
export function isServerId(text: string): text is ServerId {
  return ID.test(text);
}
