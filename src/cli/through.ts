/** A daemon that is asked by way of another one of its circuit. */
import type { CallOptions, CircusClient, Properties, RawReply } from "../client/call.js";
import { encodeJson } from "../wire/codec.js";
import { asReply } from "../wire/reply.js";
import { DEFAULT_TIMEOUT } from "./options.js";

/** What a command needs of a connection. */
export type Asker = Pick<CircusClient, "send">;

/** Seconds that the daemon between has to tell that the other one does not answer. */
const GRACE = 1;

/** Sends everything to the server of that name or id; what the daemon between refuses itself comes as a refusal, too. */
export function through(client: Asker, server: string): Asker {
  return {
    async send(command: string, properties: Properties, { timeout = DEFAULT_TIMEOUT, ...options }: CallOptions = {}): Promise<RawReply> {
      const raw = await client.send("relay", { server, command, properties, timeout }, { ...options, timeout: timeout + GRACE });
      const reply = asReply(raw.reply["reply"]);
      return reply === null ? raw : { text: encodeJson(reply), reply };
    },
  };
}
