/** Short messages through a channel, from the library to the library. */
import { Dealer } from "zeromq";
import { tempDir } from "../../test/helpers/temp.js";
import { Circuit } from "../circuit.js";
import { Program } from "../program.js";
import { timed } from "../samples.js";
import type { Line } from "../table.js";

const COUNT = 50_000;
/** As many on their way as a receiver has. */
const AHEAD = 100;

export async function circuitChannel(): Promise<readonly Line[]> {
  const floor = await echoed();
  await using circuit = await Circuit.start();
  const { rate, server, client } = await circuit.measure("channel");
  const target = { atMost: 20 };
  return [
    {
      what: "messages through a channel; floor: ZeroMQ there and back",
      unit: "/s",
      ours: rate,
      floor,
      target: { atLeast: 10_000 },
      circus: "1,000 /s",
    },
    { what: "… processor time of the server, each", unit: "µs", ours: server, target },
    { what: "… processor time of sender and receiver, each", unit: "µs", ours: client, target },
  ];
}

/** Messages a second to a bare ROUTER and back. */
async function echoed(): Promise<number> {
  await using dir = await tempDir();
  const endpoint = `ipc://${dir.join("echo.sock")}`;
  await using echo = new Program("echo", endpoint);
  await echo.ready();
  const dealer = new Dealer({ linger: 0 });
  dealer.connect(endpoint);
  const took = await timed(async () => {
    let sent = 0;
    for (let received = 0; received < COUNT; received += 1) {
      for (; sent < Math.min(COUNT, received + AHEAD); sent += 1) await dealer.send("a short message, as any");
      await dealer.receive();
    }
  });
  dealer.close();
  return COUNT / (took / 1000);
}
