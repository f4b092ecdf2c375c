/** UDP sockets and groups, on whichever network devices there are at the moment. */
import type { RemoteInfo, Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import type { MulticastGroup } from "../core/multicast.js";

/** As far as multicast is routed at all. */
export const TTL = 255;

/** The failure; null where it is bound. */
export function bind(socket: Socket, port: number, address: string): Promise<string | null> {
  return new Promise((resolve) => {
    const failed = (error: Error): void => resolve(error.message);
    socket.once("error", failed);
    socket.bind(port, address, () => {
      socket.removeListener("error", failed);
      resolve(null);
    });
  });
}

/** Joins the group on each device that there is now. @returns whether that went well on any */
export function joinGroup(socket: Socket, { host }: MulticastGroup): boolean {
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

/** Sends from each of these devices. @returns those it went out from */
export async function sendToGroup(
  socket: Socket,
  { host, port }: MulticastGroup,
  message: { readonly text: string; readonly devices: readonly string[] },
): Promise<readonly string[]> {
  const sent: string[] = [];
  for (const device of message.devices) {
    try {
      socket.setMulticastInterface(device);
    } catch {
      continue;
    }
    const failure = await new Promise<Error | null>((resolve) => socket.send(message.text, port, host, resolve));
    if (failure === null) sent.push(device);
  }
  return sent;
}

/** Of all devices of this host. */
export function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ family }) => family === "IPv4").map(({ address }) => address),
  );
}

export function isOwn({ address }: Pick<RemoteInfo, "address">): boolean {
  return ownAddresses().includes(address);
}

export function isMulticast(address: string): boolean {
  return Number(address.split(".")[0]) >= 224;
}
