/**
 * A member as the tags of its serf node: with one letter for each name, since serf takes 512 bytes of tags and no more. The worker
 * is the name of the node.
 *
 *     i id   a HOST:PORT[/PID] of the address   n name   l labels   v version   s started   r revision   c circusd
 */
import { encode } from "@msgpack/msgpack";
import type { Member, WorkerId } from "../../core/circuit/member.js";
import { fail, succeed, type Result } from "../../core/result.js";
import { readMember } from "../../wire/circuit/read-member.js";

export type Tags = Readonly<Record<string, string>>;

/** What serf takes of them in its encoding, which begins with a byte of its own. */
const MOST_BYTES = 512;

/** The failure says by how much they are too long, and what can be made shorter. */
export function tagsOf({ id, worker, address, name, labels, version, started, revision, circusd }: Member): Result<Tags, string> {
  const l = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
  const a = address.replace(/^circuit:\/\//, "").replace(new RegExp(`/${worker}$`), "");
  const tags = { i: id, a, n: name, l, v: version, s: String(Math.round(started * 1000)), r: String(revision), c: circusd ? "1" : "0" };
  const excess = 1 + encode(tags).length - MOST_BYTES;
  if (excess <= 0) return succeed(tags);
  return fail(`the name and the labels are ${excess} bytes longer than serf can carry: shorten labels in [cluster], or set engine = mesh`);
}

/** Null for a node that is no server of a circuit. */
export function memberOf(worker: WorkerId, { i, a = "", n, l = "", v, s, r, c }: Tags): Member | null {
  const pairs = l.split(" ").filter((pair) => pair.includes("="));
  return readMember({
    id: i,
    worker,
    address: `circuit://${a}${/\/\d+$/.test(a) ? `/${worker}` : ""}`,
    name: n,
    labels: Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)])),
    version: v,
    started: Number(s) / 1000,
    revision: Number(r),
    circusd: c === "1",
  });
}
