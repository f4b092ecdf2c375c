/** What can go wrong with a call: the daemon refuses, or there is no answer. */
import type { Reply } from "../wire/reply.js";

/** The daemon answered with an error; `errno` is one of the contract's. */
export class CallError extends Error {
  override readonly name = "CallError";
  constructor(
    readonly reason: string,
    readonly errno: number,
    readonly reply: Reply,
  ) {
    super(reason);
  }
}

/** No answer came within the time. The daemon may be gone, or still at work on the command. */
export class CallTimeout extends Error {
  override readonly name = "CallTimeout";
  constructor(
    readonly command: string,
    readonly endpoint: string,
    readonly seconds: number,
  ) {
    super(`Cannot finish "${command}": no answer from "${endpoint}" within ${seconds} s; check the endpoint or raise the timeout`);
  }
}
