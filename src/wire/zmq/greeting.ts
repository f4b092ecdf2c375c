/** The first message in each direction of a link: who dials, and whether the listener takes it and has the key. */
import { fail, succeed, type Result } from "../../core/result.js";

const HELLO = /^CIRCUIT\/1 ([\x20-\x7e]{1,100})$/;
const WELCOME = "CIRCUIT/1 welcome";
const FULL = "CIRCUIT/1 full";

/** @param name what the dialer calls itself in the listener's logs */
export function helloFrames(name: string): readonly string[] {
  return [`CIRCUIT/1 ${name.replace(/[^\x20-\x7e]/g, "?").slice(0, 100)}`];
}

/** The name of the dialer; null where it is no circuit program, or one of another time. */
export function readHello(frames: readonly Buffer[]): string | null {
  const [frame] = frames;
  return frames.length === 1 && frame !== undefined && frame.length <= 200 ? (HELLO.exec(frame.toString("latin1"))?.[1] ?? null) : null;
}

/** One proof for each key that the listener accepts. */
export function welcomeFrames(proofs: readonly Uint8Array[]): readonly (string | Uint8Array)[] {
  return [WELCOME, ...proofs];
}

export function fullFrames(): readonly string[] {
  return [FULL];
}

export function readWelcome([word, ...proofs]: readonly Buffer[]): Result<readonly Uint8Array[], "full" | "stranger"> {
  const text = word?.toString("latin1");
  if (text === WELCOME) return succeed(proofs);
  return fail(text === FULL ? "full" : "stranger");
}
