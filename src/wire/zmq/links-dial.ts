/** The dialling end of links: tries the addresses of a name and the keys one after the other. */
import { lookup } from "node:dns/promises";
import type { Context } from "zeromq";
import { DialError, type DialFailure, type Link, type LinkOptions } from "../circuit/link.js";
import { attempt } from "./dial-attempt.js";

export type DialOptions = LinkOptions & { readonly timeout: number; readonly signal?: AbortSignal };

/**
 * Every key is tried in turn, and the listener takes each of its own: a link comes about when both know one key, whatever the
 * order. So keys may be changed in three steps without a moment in which somebody is refused: docs/decisions/012-circuit.md.
 * @throws DialError
 */
export async function dialLink(context: Context, endpoint: string, options: DialOptions): Promise<Link> {
  const [, v6, name, port = ""] = /^tcp:\/\/(?:\[(.+)\]|([^[\]]+)):(\d+)$/.exec(endpoint) ?? [];
  const host = v6 ?? name;
  if (host === undefined) throw failureOf(endpoint, "unreachable", "that is no endpoint; write tcp://HOST:PORT");
  const end = performance.now() + options.timeout;
  const keys = options.keys.length === 0 ? [null] : options.keys;
  const addresses = await addressesOf(host, endpoint, options);
  let failure: DialFailure = { kind: "unreachable", message: `Cannot reach "${endpoint}": the name "${host}" has no address` };
  for (const [index, address] of addresses.entries()) {
    // An address that does not answer leaves time for those that follow.
    const share = performance.now() + (end - performance.now()) / (addresses.length - index);
    for (const key of keys) {
      const target = { endpoint, at: `tcp://${address.includes(":") ? `[${address}]` : address}:${port}`, key, silence: options.silence };
      const outcome = await attempt(context, target, { until: share, timeout: options.timeout, signal: options.signal });
      if (outcome.ok) return outcome.value;
      failure = outcome.failure;
      if (failure.kind === "cancelled") throw new DialError(failure);
      if (failure.kind !== "refused-key") break;
    }
    if (failure.kind === "refused-key") break;
  }
  throw new DialError(failure);
}

/** libzmq would look a name up itself, in the thread that serves all links, which then stand still for as long. */
function addressesOf(host: string, endpoint: string, { timeout, signal }: DialOptions): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
      then();
    };
    const giveUp = (kind: DialFailure["kind"], why: string): void => settle(() => reject(failureOf(endpoint, kind, why)));
    const cancel = (): void => giveUp("cancelled", "the attempt was cancelled");
    const timer = setTimeout(() => giveUp("timeout", `the name was not found within ${timeout / 1000} s`), timeout);
    signal?.addEventListener("abort", cancel);
    lookup(host, { all: true }).then(
      (found) => settle(() => resolve(found.map(({ address }) => address))),
      (cause: unknown) =>
        giveUp("unreachable", `the name "${host}" is not known (${cause instanceof Error ? cause.message : String(cause)})`),
    );
    if (signal?.aborted) cancel();
  });
}

function failureOf(endpoint: string, kind: DialFailure["kind"], why: string): DialError {
  return new DialError({ kind, message: `Cannot reach "${endpoint}": ${why}` });
}
