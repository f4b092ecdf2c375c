/** A statsd for one test: keeps the packets that arrive at a UDP port of its own. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { eventually } from "./facts.js";

export interface StatsdReceiver {
  readonly port: number;
  /** As they came, oldest first. */
  readonly packets: readonly string[];
  /** The packets, once there are as many. */
  take(count: number): Promise<readonly string[]>;
  /** Waits for a packet that matches. */
  packet(pattern: RegExp): Promise<string>;
}

interface Cleanup {
  after(run: () => Promise<void>): void;
}

export async function statsdReceiver(t: Cleanup): Promise<StatsdReceiver> {
  const socket = createSocket("udp4");
  const packets: string[] = [];
  socket.on("message", (bytes) => void packets.push(bytes.toString("utf8")));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.after(async () => {
    socket.close();
  });
  return {
    port: socket.address().port,
    packets,
    take: async (count) => {
      await eventually(
        () => packets.length,
        (length) => length >= count,
      );
      return packets.slice(0, count);
    },
    packet: async (pattern) => {
      const { found } = await eventually(
        () => ({ found: packets.find((one) => pattern.test(one)), last: packets.slice(-5) }),
        (look) => look.found !== undefined,
      );
      return found ?? "";
    },
  };
}
