/** What a server knew of its circuit when it ended, so that the next one on this host finds the others again. */

export interface KnownMembers {
  /** Addresses as they were saved last; none where nothing was, or where it cannot be read. */
  load(): readonly string[];
  /** Keeps these instead; may put it off for a moment. Never throws. */
  save(addresses: readonly string[]): void;
  /** Writes what was put off. Never rejects. */
  close(): Promise<void>;
}
