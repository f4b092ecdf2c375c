/** Sockets that were handed over by whoever started circusd, as a part of its configuration. */
import type { Loaded, SocketSpec } from "../core/spec.js";

/** Adds those that no section describes; one whose section is faulty stays what it is until that is put right. */
export function withHandedSockets(loaded: Loaded, handed: readonly SocketSpec[]): Loaded {
  const { config, faulty } = loaded;
  const described = new Set([...config.sockets.map(({ name }) => name), ...faulty.sockets]);
  const more = handed.filter(({ name }) => !described.has(name));
  return more.length === 0 ? loaded : { ...loaded, config: { ...config, sockets: [...config.sockets, ...more] } };
}
