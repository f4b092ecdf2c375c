/** What `incr` and `decr` share: a name, an optional count, and the number of processes as the answer. */
import { fail, succeed, type Result } from "../../core/result.js";
import type { Reply } from "../../wire/reply.js";
import { flag, wholeNumber, WRONG_COUNT, type Input } from "../command.js";

export function scaleRequest(input: Input): Result<{ readonly name: string; readonly nb?: number; readonly waiting: boolean }, string> {
  const [name, count, ...others] = input.words;
  if (name === undefined || others.length > 0) return fail(WRONG_COUNT);
  const waiting = flag(input, "waiting");
  if (count === undefined) return succeed({ name, waiting });
  const nb = wholeNumber(count, "number of processes");
  return nb.ok ? succeed({ name, nb: nb.value, waiting }) : nb;
}

/** The number is known once the work is done, so only with --waiting. */
export function renderScale(reply: Reply): string {
  if ("singleton" in reply) return "This watcher is a Singleton - not changing the number of processes";
  return typeof reply["numprocesses"] === "number" ? String(reply["numprocesses"]) : "ok";
}
