/** The circusd with watchers behind a server of a circuit, as the server sees it. */
export interface LocalCircus {
  /**
   * Carries out a command and resolves with the reply, an error reply too.
   * @param timeout Seconds to wait for it; null takes the usual time
   * @throws Error when no answer comes in time
   */
  command(
    command: string,
    properties: Readonly<Record<string, unknown>>,
    timeout: number | null,
  ): Promise<Readonly<Record<string, unknown>>>;
  /** Events from now on whose topic begins with one of these, until the signal is aborted. */
  events(topics: readonly string[], signal: AbortSignal): AsyncIterable<{ readonly topic: string; readonly body: unknown }>;
  /** Names of its watchers. */
  watchers(): Promise<readonly string[]>;
}
