/** UDP multicast, which the system's own modules speak: daemons listen in a group, and circusctl asks it. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import type { Discovery, Millis } from "../core/ports.js";
import type { MulticastGroup } from "../core/multicast.js";
import { fail, succeed, type Result } from "../core/result.js";

/** Bytes of a datagram that are looked at. */
const MOST = 1024;
/** As far as multicast is routed at all. */
const TTL = 255;

/** @example `const opened = await systemDiscovery().listen(group, ({ isOwn }) => (isOwn ? "here" : null));` */
export function systemDiscovery(): Discovery {
  return {
    async listen(group, answer) {
      const socket = createSocket({ type: "udp4", reuseAddr: true });
      socket.unref();
      // Bound to the group, so that nothing else reaches it. Several daemons of one host may listen in it.
      const failure = await bind(socket, group.port, group.host);
      if (failure !== null || !join(socket, group)) {
        socket.close();
        return fail(failure ?? "no network device takes part in multicast");
      }
      // A datagram that cannot be sent is lost, as any may be.
      socket.on("error", () => undefined);
      socket.on("message", (message, { address, port }) => {
        if (message.length > MOST || isMulticast(address)) return;
        const text = answer({ text: message.toString(), host: address, isOwn: ownAddresses().includes(address) });
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
async function ask(socket: Socket, { host, port }: MulticastGroup, question: string): Promise<boolean> {
  let sent = false;
  for (const device of ownAddresses()) {
    try {
      socket.setMulticastInterface(device);
    } catch {
      continue;
    }
    sent = (await new Promise<boolean>((resolve) => socket.send(question, port, host, (error) => resolve(error === null)))) || sent;
  }
  return sent;
}

/** The failure; null where it is bound. */
function bind(socket: Socket, port: number, address: string): Promise<string | null> {
  return new Promise((resolve) => {
    const failed = (error: Error): void => resolve(error.message);
    socket.once("error", failed);
    socket.bind(port, address, () => {
      socket.removeListener("error", failed);
      resolve(null);
    });
  });
}

/** Joins the group on each device that there is now. */
function join(socket: Socket, { host }: MulticastGroup): boolean {
  return (
    ownAddresses().filter((device) => {
      try {
        socket.addMembership(host, device);
        return true;
      } catch {
        return false;
      }
    }).length > 0
  );
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ family }) => family === "IPv4").map(({ address }) => address),
  );
}

function isMulticast(address: string): boolean {
  const first = Number(address.split(".")[0]);
  return first >= 224;
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
