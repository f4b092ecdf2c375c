/** Fetches a page as Circus's HttpObserver did: redirects are followed, and the whole body is read. */
import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";

/** `status` is 599 where there was no answer, as in Circus. */
export type Fetched = { readonly kind: "fetched" } | { readonly kind: "failed"; readonly status: number; readonly reason: string };

export interface Fetching {
  /** Takes any certificate. */
  readonly insecure: boolean;
  /** Gives up; its reason is told. */
  readonly signal: AbortSignal;
}

const NO_ANSWER = 599;
const MAX_REDIRECTS = 5;
const REDIRECTS: readonly (number | undefined)[] = [301, 302, 303, 307, 308];

/** Never rejects. */
export async function fetchPage(url: URL, fetching: Fetching): Promise<Fetched> {
  let at = url;
  try {
    for (let redirects = 0; ; redirects += 1) {
      const response = await get(at, fetching);
      await drained(response);
      const status = response.statusCode ?? NO_ANSWER;
      if (status >= 200 && status < 300) return { kind: "fetched" };
      const { location } = response.headers;
      if (!REDIRECTS.includes(status) || location === undefined || redirects === MAX_REDIRECTS) {
        const reason = `${response.statusCode ?? ""} ${response.statusMessage ?? ""}`.trim();
        return { kind: "failed", status, reason: redirects === MAX_REDIRECTS ? `${reason}, after ${redirects} redirects` : reason };
      }
      at = new URL(location, at);
    }
  } catch (error) {
    const cause: unknown = fetching.signal.aborted ? fetching.signal.reason : error;
    return { kind: "failed", status: NO_ANSWER, reason: cause instanceof Error ? cause.message : String(cause) };
  }
}

/** @throws Error where the URL is not of the web */
function get(url: URL, { insecure, signal }: Fetching): Promise<IncomingMessage> {
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new Error(`it redirects to "${url.href}", which is not of the web`);
  return new Promise((resolve, reject) => {
    // A connection that is kept from the last time would hide that nobody accepts a new one.
    const options = { agent: false, signal, headers: { "user-agent": "circusd", accept: "*/*" } };
    const request =
      url.protocol === "https:"
        ? requestHttps(url, { ...options, rejectUnauthorized: !insecure }, resolve)
        : requestHttp(url, options, resolve);
    request.on("error", reject);
    request.end();
  });
}

/** Resolves when the body has come; rejects where it breaks off. */
function drained(response: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    response.on("error", reject);
    response.on("end", resolve);
    response.resume();
  });
}
