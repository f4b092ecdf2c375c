/** The port of a name server: one number for UDP and TCP, messages in and answers out. */
import { createSocket, type Socket } from "node:dgram";
import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { createServer, type AddressInfo, type Server, type Socket as Connection } from "node:net";
import type { AnswerDns, DnsSocket, OpenDns } from "../core/circuit/dns-port.js";
import { fail, succeed, type Result } from "../core/result.js";

/** Times that another free port is tried where TCP has none of the number that UDP got. */
const ATTEMPTS = 20;
/** Milliseconds without a message after which a connection is closed, and how many there may be. */
const IDLE = 10_000;
const CONNECTIONS = 256;
/** Messages over TCP begin with their length in so many bytes. */
const LENGTH = 2;

/** @example `const opened = await openDns("127.0.0.1:0", (question) => null);` */
export const openDns: OpenDns = async (address, answer) => {
  const place = parsePlace(address);
  const refuse = (why: string): Result<DnsSocket, string> => fail(`Cannot start a name server at "${address}": ${why}`);
  if (place === null) return refuse("write HOST:PORT, such as 127.0.0.1:5353");
  const found = await lookup(place.host).catch(() => null);
  if (found === null) return refuse(`unknown host "${place.host}"`);
  const opened = await open(found, place.port, answer);
  if (opened.ok) return opened;
  // "All devices" is said in IPv6, which a host may be without.
  if (found.address === "::" && opened.failure.code === "EAFNOSUPPORT") return openDns(`0.0.0.0:${place.port}`, answer);
  return refuse(explain(opened.failure));
};

async function open(at: LookupAddress, port: number, answer: AnswerDns): Promise<Result<DnsSocket, NodeJS.ErrnoException>> {
  for (let attempt = 1; ; attempt += 1) {
    const udp = createSocket({ type: at.family === 6 ? "udp6" : "udp4" });
    const failure = await bindUdp(udp, port, at.address);
    if (failure !== null) return fail(failure);
    const connections = new Set<Connection>();
    const tcp = createServer((connection) => serve(connection, answer, connections));
    tcp.maxConnections = CONNECTIONS;
    const second = await bindTcp(tcp, udp.address().port, at.address);
    if (second === null) {
      answerUdp(udp, answer);
      let closing: Promise<void> | null = null;
      return succeed({ address: nameOf(tcp), close: () => (closing ??= close(udp, tcp, connections)) });
    }
    await close(udp, null, connections);
    if (port !== 0 || attempt === ATTEMPTS) return fail(second);
  }
}

function answerUdp(socket: Socket, answer: AnswerDns): void {
  socket.on("error", () => undefined);
  socket.on("message", (message, { port, address }) => {
    const reply = answer(message, "udp");
    // What cannot be sent is lost, as any datagram may be.
    if (reply !== null) socket.send(reply, port, address, () => undefined);
  });
}

function serve(connection: Connection, answer: AnswerDns, connections: Set<Connection>): void {
  let held: Buffer = Buffer.alloc(0);
  connections.add(connection);
  connection.setTimeout(IDLE, () => connection.destroy());
  connection.on("error", () => connection.destroy());
  connection.on("close", () => connections.delete(connection));
  connection.on("data", (bytes: Buffer) => {
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    while (held.length >= LENGTH && held.length >= LENGTH + held.readUInt16BE(0)) {
      const end = LENGTH + held.readUInt16BE(0);
      const reply = answer(held.subarray(LENGTH, end), "tcp");
      held = held.subarray(end);
      if (reply === null) return void connection.destroy();
      const length = Buffer.alloc(LENGTH);
      length.writeUInt16BE(reply.length);
      // Who asks and does not read gets no more.
      if (!connection.write(Buffer.concat([length, reply]))) return void connection.destroy();
    }
  });
}

function bindUdp(socket: Socket, port: number, address: string): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    socket.once("error", (error) => {
      socket.close();
      resolve(error);
    });
    socket.bind({ port, address, exclusive: true }, () => {
      socket.removeAllListeners("error");
      resolve(null);
    });
  });
}

function bindTcp(server: Server, port: number, host: string): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    server.once("error", resolve);
    server.listen({ port, host, exclusive: true }, () => {
      server.off("error", resolve);
      server.on("error", () => undefined);
      resolve(null);
    });
  });
}

async function close(udp: Socket, tcp: Server | null, connections: ReadonlySet<Connection>): Promise<void> {
  await new Promise<void>((resolve) => udp.close(() => resolve()));
  for (const connection of connections) connection.destroy();
  if (tcp !== null) await new Promise<void>((resolve) => tcp.close(() => resolve()));
}

function parsePlace(text: string): { readonly host: string; readonly port: number } | null {
  if (text.trim() === "") return { host: "::", port: 0 };
  const [, v6, name, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:]*)):(\d{1,5})$/.exec(text.trim()) ?? [];
  if (port === undefined || Number(port) > 65_535) return null;
  return { host: v6 ?? (name === "" || name === undefined ? "::" : name), port: Number(port) };
}

function nameOf(server: Server): string {
  const at: AddressInfo | string | null = server.address();
  if (at === null || typeof at === "string") return String(at);
  return at.family === "IPv6" ? `[${at.address}]:${at.port}` : `${at.address}:${at.port}`;
}

function explain({ code, message }: NodeJS.ErrnoException): string {
  if (code === "EADDRINUSE") return "the port is in use";
  if (code === "EACCES") return "permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE";
  return code === "EADDRNOTAVAIL" ? "no such address on this host" : message;
}
