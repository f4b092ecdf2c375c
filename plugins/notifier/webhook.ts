/** Sends a notice to a URL, again and again for a while where that fails. */
import { setTimeout } from "node:timers/promises";
import { Deadline } from "../deadline.js";

export interface WebRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Persistence {
  /** Seconds for one attempt. */
  readonly timeout: number;
  /** Attempts after the first one. */
  readonly retries: number;
  /** Seconds before the first of them; each later one waits twice as long. */
  readonly retryDelay: number;
  /** No further attempts once this is aborted. */
  readonly hurry: AbortSignal;
  /** Gives up even the attempt that is under way. */
  readonly end: AbortSignal;
}

type Attempt = { readonly kind: "taken" } | { readonly kind: "refused" | "failed"; readonly reason: string; readonly after: number | null };

/** The longest wait between two attempts, in seconds. */
const MAX_DELAY = 60;

/** Never rejects. @returns why it was not delivered, or null */
export async function deliver(request: WebRequest, persistence: Persistence): Promise<string | null> {
  const { retries, retryDelay, hurry } = persistence;
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await send(request, persistence);
    if (outcome.kind === "taken") return null;
    if (outcome.kind === "refused") return outcome.reason;
    if (attempt >= retries || hurry.aborted) return attempt === 0 ? outcome.reason : `${outcome.reason}, after ${attempt + 1} attempts`;
    const delay = Math.min(MAX_DELAY, Math.max(retryDelay * 2 ** attempt, outcome.after ?? 0));
    // Where the plugin ends meanwhile one last attempt is made.
    await setTimeout(delay * 1000, undefined, { signal: hurry }).catch(() => undefined);
  }
}

async function send({ url, method, headers, body }: WebRequest, { timeout, end }: Persistence): Promise<Attempt> {
  using deadline = new Deadline(timeout, end);
  try {
    const response = await fetch(url, {
      method,
      headers,
      signal: deadline.signal,
      ...(method === "GET" || method === "HEAD" ? {} : { body }),
    });
    await response.body?.cancel();
    if (response.ok) return { kind: "taken" };
    const reason = `it answers ${response.status} ${response.statusText}`.trim();
    const later = response.status >= 500 || response.status === 429 || response.status === 408;
    return { kind: later ? "failed" : "refused", reason, after: seconds(response.headers.get("retry-after")) };
  } catch (error) {
    return { kind: "failed", reason: reasonOf(deadline.signal.aborted ? deadline.signal.reason : error), after: null };
  }
}

function seconds(retryAfter: string | null): number | null {
  return retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) : null;
}

/** What fetch throws says only that it failed; why is in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}
