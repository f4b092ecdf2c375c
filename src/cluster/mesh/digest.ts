/** A list of members in a few letters, to see whether two servers have the same one. */
import type { Member } from "../../core/circuit/member.js";

/** Two sums of 32 bits, in which the order does not count: by chance, different lists look alike once in 2^64 times. */
export function digestOf(members: readonly Member[]): string {
  let [one, other] = [0, 0];
  for (const { worker, revision } of members) {
    const text = `${worker}:${revision}`;
    one = (one + hash(text, 0x811c9dc5)) >>> 0;
    other = (other + hash(text, 0x01000193)) >>> 0;
  }
  return `${members.length}-${one.toString(16)}-${other.toString(16)}`;
}

/** FNV-1a, begun with a number of choice, and mixed at the end so that sums tell much. */
function hash(text: string, begin: number): number {
  let value = begin;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
