/** Ports for programs that are to be told one, since they cannot tell which they have taken. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

const ATTEMPTS = 20;

/** One that is free for TCP and for UDP, at this moment. @throws Error where the address is none of this host */
export async function freePort(host: string): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const server = createServer().listen(0, host);
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const isFree = await isFreeForUdp(host, port);
    server.close();
    await once(server, "close");
    if (isFree || attempt === ATTEMPTS) return port;
  }
}

/** Whether a program could bind it for TCP and for UDP at this moment. */
export async function isPortFree(host: string, port: number): Promise<boolean> {
  const server = createServer().listen(port, host);
  const isBound = await once(server, "listening").then(
    () => true,
    () => false,
  );
  if (!isBound) return false;
  server.close();
  await once(server, "close");
  return isFreeForUdp(host, port);
}

async function isFreeForUdp(host: string, port: number): Promise<boolean> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  try {
    socket.bind(port, host);
    await once(socket, "listening");
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
