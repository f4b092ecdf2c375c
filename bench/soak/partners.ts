/** Those whom the plugins of the soak talk to. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { without } from "../../test/helpers/partners.js";
import { RedisServer } from "../../test/helpers/redis-server.js";
import { webReceiver } from "../../test/helpers/web-receiver.js";
import { COUNTED } from "./configuration.js";

export interface Partners extends AsyncDisposable {
  /** Port of a statsd. */
  readonly statsd: number;
  /** How many packets it has had that count an event of the counted watchers. */
  readonly counted: () => number;
  /** How many of any kind. */
  readonly packets: () => number;
  /** A page of which every tenth answer is a failure. */
  readonly page: string;
  /** Where the notifier posts to. */
  readonly webhook: string;
  readonly notices: () => number;
  /** Null where there is no Redis on this machine. */
  readonly redis: string | null;
}

/** Answers of the page until one is a failure. */
const WELL = 9;

const EVENT = new RegExp(`^circus\\.events\\.watcher\\.(${COUNTED.join("|")})\\.\\w+:1\\|c`);

export async function openPartners(): Promise<Partners> {
  const ends: (() => Promise<void>)[] = [];
  const cleanup = { after: (run: () => Promise<void>): void => void ends.unshift(run) };
  const statsd = createSocket("udp4");
  let [packets, counted, looks, notices] = [0, 0, 0, 0];
  statsd.on("message", (bytes) => {
    packets += 1;
    if (EVENT.test(bytes.toString("latin1"))) counted += 1;
  });
  statsd.bind(0, "127.0.0.1");
  await once(statsd, "listening");
  cleanup.after(async () => void statsd.close());
  const page = await webReceiver(cleanup, {
    answer: (response) => {
      looks += 1;
      response.statusCode = looks % (WELL + 1) === 0 ? 503 : 200;
      response.end();
    },
  });
  const webhook = await webReceiver(cleanup, {
    answer: (response) => {
      notices += 1;
      response.end();
    },
  });
  const redis = without("redis-server", "--version") === false ? (await RedisServer.start(cleanup)).url : null;
  return {
    statsd: statsd.address().port,
    counted: () => counted,
    packets: () => packets,
    page: page.url,
    webhook: webhook.url,
    notices: () => notices,
    redis,
    [Symbol.asyncDispose]: async () => {
      for (const end of ends) await end();
    },
  };
}
