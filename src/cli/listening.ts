/** `listen`: finds out where the daemon publishes and prints events until it is interrupted. */
import { CallTimeout } from "../client/errors.js";
import { subscribe } from "../client/listen.js";
import { publicAddress } from "../client/publishers.js";
import { encodeJson, isObject } from "../wire/codec.js";
import { refusalOf } from "../wire/reply.js";
import type { Session } from "./session.js";
import { styleOf } from "./terminal.js";

/** Prints one line an event. @returns the exit code: 1, as Ctrl-C is the only end */
export async function listen(session: Session, topics: readonly string[]): Promise<number> {
  const { stdout, env } = session.world;
  const style = styleOf(stdout, env);
  const endpoint = await session.reach(await findPublisher(session));
  const events = subscribe({ transport: session.transport, endpoint, topics: topics.length === 0 ? [""] : topics });
  const interrupt = session.interrupt();
  interrupt?.addEventListener("abort", () => events.close(), { once: true });
  if (interrupt?.aborted === true) events.close();
  for await (const { topic, payload } of events) {
    const line = session.settings.json ? encodeJson({ topic, event: payload }) : `${style.paint("cyan", topic)}: ${encodeJson(payload)}`;
    stdout.write(`${line}\n`);
  }
  return 1;
}

async function findPublisher(session: Session): Promise<string> {
  const { endpoint, endpointGiven, timeout } = session.settings;
  const signal = session.interrupt();
  try {
    const { reply } = await session.client.send("globaloptions", { option: "pubsub_endpoint" }, { timeout, ...(signal ? { signal } : {}) });
    const refusal = refusalOf(reply);
    const options = reply["options"];
    const publisher = isObject(options) ? options["pubsub_endpoint"] : null;
    if (refusal !== null || typeof publisher !== "string")
      throw new Error(`Cannot listen: the daemon at "${endpoint}" does not tell its pubsub_endpoint`);
    return publicAddress(publisher, endpoint);
  } catch (cause) {
    // Circus's users give the pubsub endpoint itself here; such an endpoint never answers a question.
    if (!(cause instanceof CallTimeout && endpointGiven)) throw cause;
    session.world.stderr.write(`No circusd answers at "${endpoint}": listening there as at a pubsub endpoint\n`);
    return endpoint;
  }
}
