/** What a server of a circuit tells about its host and its own process. */

export interface HostFacts {
  /** Of Node. */
  readonly node: string;
  readonly pid: number;
  /** Resident bytes of the process. */
  readonly rss: number;
  /** Seconds of processor time that the process has used. */
  readonly cpu: number;
  readonly hostname: string;
  /** Such as `Linux 6.1.0`. */
  readonly os: string;
  /** Such as `x64`. */
  readonly arch: string;
  readonly cpus: number;
  /** Bytes, of the machine. */
  readonly memory: number;
  readonly free: number;
  /** Over 1, 5 and 15 minutes. */
  readonly load: readonly number[];
  /** Seconds since the machine was started. */
  readonly uptime: number;
}

/** Looks at the host as it is now. */
export type LookAtHost = () => HostFacts;

/** Looks into the running program. */
export interface Profiler {
  /** What profiles there are, each with a line that says what it holds. */
  readonly profiles: Readonly<Record<string, string>>;
  /**
   * Takes one of them; `seconds` counts for those that look for a while.
   * @throws Error where another one of the kind is being taken, or the signal is aborted
   */
  take(name: string, seconds: number, signal: AbortSignal): Promise<string>;
}
