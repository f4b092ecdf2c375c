/** What a Redis says of itself, and which of it is published. */

/** Circus's figures. A Redis of today no longer has some of them. */
const OBSERVED = [
  ...["pubsub_channels", "connected_slaves", "lru_clock", "connected_clients", "keyspace_misses", "used_memory"],
  ...["used_memory_peak", "total_commands_processed", "used_memory_rss", "total_connections_received", "pubsub_patterns"],
  ...["used_cpu_sys", "used_cpu_sys_children", "blocked_clients", "used_cpu_user", "client_biggest_input_buf"],
  ...["mem_fragmentation_ratio", "expired_keys", "evicted_keys", "client_longest_output_list", "uptime_in_seconds"],
  "keyspace_hits",
];

/** @param info the answer to INFO: lines of `name:value` and headings */
export function observedFigures(info: string): readonly (readonly [name: string, value: number])[] {
  const values = new Map(
    info.split(/\r?\n/).map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  );
  return OBSERVED.flatMap((name): [string, number][] => {
    const value = values.get(name);
    return value !== undefined && /^\d+(\.\d+)?$/.test(value) ? [[name, Number(value)]] : [];
  });
}
