/** Announcements of a circuit's servers over UDP multicast. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { performance } from "node:perf_hooks";
import type { Announcer, AnnouncerHandler, Announcing } from "../core/circuit/announcer-port.js";
import { decodeDatagram, encodeDatagram, isLocalAddress, MAX_DATAGRAM, type Datagram } from "../core/circuit/datagram.js";
import type { MulticastGroup } from "../core/multicast.js";
import { fail, succeed, type Result } from "../core/result.js";
import { isBelieved, signed } from "./datagram-signature.js";
import { bind, isOwn, joinGroup, ownAddresses, sendToGroup, TTL } from "./multicast.js";

export interface AnnouncerOptions {
  readonly group: MulticastGroup;
  /** As they are at the moment; none believes and tells the own host alone. */
  readonly keys: () => readonly Uint8Array[];
}

/** How long answers are counted together, in milliseconds, and how many there may be meanwhile. */
const WINDOW = 1000;
const MOST_ANSWERS = 50;

/** @example `multicastAnnouncer({ group: { host: "228.8.8.8", port: 8822 }, keys: () => keys })` */
export function multicastAnnouncer(options: AnnouncerOptions): Announcer {
  const { host, port } = options.group;
  return {
    group: `udp://${host}:${port}`,
    async open(handler) {
      const opened = new OpenAnnouncer(options, handler);
      const failure = await opened.open();
      return failure === null ? succeed(opened) : fail(failure);
    },
  };
}

class OpenAnnouncer implements Announcing {
  readonly #options: AnnouncerOptions;
  readonly #handler: AnnouncerHandler;
  /** In the group; several servers of one host may listen in it. */
  readonly #ear: Socket = createSocket({ type: "udp4", reuseAddr: true });
  readonly #mouth: Socket = createSocket({ type: "udp4" });
  #answersSince = -Infinity;
  #answers = 0;
  #closed = false;

  constructor(options: AnnouncerOptions, handler: AnnouncerHandler) {
    this.#options = options;
    this.#handler = handler;
    for (const socket of [this.#ear, this.#mouth]) socket.unref();
  }

  /** @returns why it cannot; null where it listens */
  async open(): Promise<string | null> {
    const { group } = this.#options;
    const failure = (await bind(this.#ear, group.port, group.host)) ?? (await bind(this.#mouth, 0, "0.0.0.0"));
    if (failure !== null || !joinGroup(this.#ear, group)) {
      this.close();
      return failure ?? "no network device takes part in multicast";
    }
    this.#mouth.setMulticastTTL(TTL);
    // A datagram that cannot be sent is lost, as any may be.
    for (const socket of [this.#ear, this.#mouth]) socket.on("error", () => undefined);
    this.#ear.on("message", (message, from) => this.#hear(message, from));
    return null;
  }

  async announce(): Promise<Result<void, string>> {
    const { group, keys } = this.#options;
    // Devices come and go.
    joinGroup(this.#ear, group);
    const announcement = this.#handler.own();
    const isLocal = isLocalAddress(announcement.address);
    const devices = ownAddresses().filter((address) => !isLocal || address.startsWith("127."));
    const text = this.#text({ kind: "announcement", announcement }, keys());
    const sent = this.#closed ? [] : await sendToGroup(this.#mouth, group, { text, devices });
    if (sent.some((address) => isLocal || !address.startsWith("127."))) return succeed(undefined);
    return fail(isLocal ? "the loopback device sends no multicast" : "no network device but the loopback sends multicast");
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const socket of [this.#ear, this.#mouth]) socket.close();
  }

  #text(datagram: Datagram, keys: readonly Uint8Array[]): string {
    return encodeDatagram(signed(datagram, keys));
  }

  #hear(message: Buffer, from: RemoteInfo): void {
    if (message.length > MAX_DATAGRAM) return;
    const keys = this.#options.keys();
    const decoded = decodeDatagram(message.toString());
    if (decoded === null || !isBelieved(decoded, keys, isOwn(from))) return;
    const { datagram } = decoded;
    if (datagram.kind === "announcement") return this.#handler.heard(datagram.announcement);
    if (this.#mayAnswer()) {
      const answer = this.#text({ kind: "announcement", announcement: this.#handler.own() }, keys);
      this.#mouth.send(answer, from.port, from.address, () => undefined);
    }
  }

  /** Anybody may ask as often as it likes. */
  #mayAnswer(): boolean {
    const now = performance.now();
    if (now - this.#answersSince >= WINDOW) [this.#answersSince, this.#answers] = [now, 0];
    this.#answers += 1;
    return this.#answers <= MOST_ANSWERS;
  }
}
