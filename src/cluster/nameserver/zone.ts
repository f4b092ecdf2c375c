/** What a name server knows: records by name, and what it has to say to a question. */
import type { DnsRecord } from "./presentation.js";
import { nameKey } from "./names.js";

export type Found =
  /** Perhaps empty: the name is there and has no record of that type. */
  { readonly kind: "found"; readonly records: readonly DnsRecord[] } | { readonly kind: "nowhere" };

/** Aliases that are followed for one question. */
const MOST_ALIASES = 16;

export class Zone {
  readonly #records = new Map<string, DnsRecord[]>();

  /** Adds a record; the same one twice is one. */
  add(record: DnsRecord): void {
    const key = nameKey(record.name);
    const records = this.#records.get(key) ?? [];
    const same = records.findIndex(({ text }) => text.toLowerCase() === record.text.toLowerCase());
    if (same === -1) records.push(record);
    else records[same] = record;
    this.#records.set(key, records);
  }

  /** Removes all records of a name. @returns how many there were */
  remove(name: string): number {
    const key = nameKey(name);
    const count = this.#records.get(key)?.length ?? 0;
    this.#records.delete(key);
    return count;
  }

  /** By the name as its first record has it, in the order of the alphabet. */
  get listing(): Readonly<Record<string, readonly string[]>> {
    const all = [...this.#records.values()].map((records) => [records[0]?.name ?? "", records.map(({ text }) => text)] as const);
    return Object.fromEntries(all.sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** The records of a name, of one type or `ANY`, in the order in which they were set; an alias is followed to the end. */
  find(name: string, type: string): Found {
    const found: DnsRecord[] = [];
    let key = nameKey(name);
    for (let step = 0; step < MOST_ALIASES; step += 1) {
      const records = this.#records.get(key);
      if (records === undefined) return found.length > 0 || this.#hasBelow(key) ? { kind: "found", records: found } : { kind: "nowhere" };
      const fitting = type === "ANY" ? records : records.filter((record) => record.type === type);
      found.push(...fitting);
      const alias = fitting.length === 0 ? records.find((record) => record.type === "CNAME") : undefined;
      if (alias === undefined) break;
      found.push(alias);
      key = nameKey(alias.text.slice(alias.text.lastIndexOf("\t") + 1));
    }
    return { kind: "found", records: found };
  }

  /** The SOA of the nearest name above, which tells resolvers how long a "no" holds. */
  authority(name: string): DnsRecord | null {
    const labels = nameKey(name).split(".");
    for (let from = 0; from < labels.length; from += 1) {
      const soa = this.#records.get(labels.slice(from).join(".") || ".")?.find(({ type }) => type === "SOA");
      if (soa !== undefined) return soa;
    }
    return null;
  }

  /** `example.org` is there, if without records, where `www.example.org` has some (RFC 8020). */
  #hasBelow(key: string): boolean {
    return [...this.#records.keys()].some((other) => other.endsWith(`.${key}`));
  }
}
