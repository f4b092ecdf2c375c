/** UDP multicast, which the system's own modules speak: daemons listen in a group, and circusctl asks it. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { Discovery, Millis } from "../core/ports.js";
import type { MulticastGroup } from "../core/multicast.js";
import { fail, succeed, type Result } from "../core/result.js";
import { bind, isMulticast, isOwn, joinGroup, ownAddresses, sendToGroup, TTL } from "./multicast.js";

/** Bytes of a datagram that are looked at. */
const MOST = 1024;

/** @example `const opened = await systemDiscovery().listen(group, ({ isOwn }) => (isOwn ? "here" : null));` */
export function systemDiscovery(): Discovery {
  return {
    async listen(group, answer) {
      const socket = createSocket({ type: "udp4", reuseAddr: true });
      socket.unref();
      // Bound to the group, so that nothing else reaches it. Several daemons of one host may listen in it.
      const failure = await bind(socket, group.port, group.host);
      if (failure !== null || !joinGroup(socket, group)) {
        socket.close();
        return fail(failure ?? "no network device takes part in multicast");
      }
      // A datagram that cannot be sent is lost, as any may be.
      socket.on("error", () => undefined);
      socket.on("message", (message, { address, port }) => {
        if (message.length > MOST || isMulticast(address)) return;
        const text = answer({ text: message.toString(), host: address, isOwn: isOwn({ address }) });
        if (text !== null) socket.send(text, port, address, () => undefined);
      });
      return succeed({ close: () => void socket.close() });
    },
  };
}

export interface Inquiry {
  readonly group: MulticastGroup;
  readonly question: string;
  /** How long answers are waited for. */
  readonly wait: Millis;
  readonly signal: AbortSignal;
  /** Called for each datagram that comes back. */
  readonly heard: (text: string, host: string) => void;
}

/** Asks a group on every network device, twice, because datagrams get lost; the failure says why nothing could be asked. */
export async function askGroup({ group, question, wait, signal, heard }: Inquiry): Promise<Result<void, string>> {
  const socket = createSocket({ type: "udp4" });
  const failure = await bind(socket, 0, "0.0.0.0");
  if (failure !== null) return fail(failure);
  socket.on("error", () => undefined);
  socket.on("message", (message: Buffer, { address }: RemoteInfo) => {
    if (message.length <= MOST) heard(message.toString(), address);
  });
  try {
    socket.setMulticastTTL(TTL);
    if (!(await ask(socket, group, question))) return fail("no network device sends multicast");
    await pause(wait / 2, signal);
    await ask(socket, group, question);
    await pause(wait / 2, signal);
    return succeed(undefined);
  } finally {
    socket.close();
  }
}

/** @returns whether the question went out on any device */
async function ask(socket: Socket, group: MulticastGroup, question: string): Promise<boolean> {
  return (await sendToGroup(socket, group, { text: question, devices: ownAddresses() })).length > 0;
}

function pause(delay: Millis, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, delay);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
