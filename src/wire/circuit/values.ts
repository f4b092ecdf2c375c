/** What a circuit sends beside the parameters and results of its methods, and how it is read by a schema of the contract. */
import * as v from "valibot";
import { fail, succeed, type Result } from "../../core/result.js";
import {
  commandSchema,
  containerSchema,
  memberSchema,
  type channelStatSchema,
  type nameserverStatSchema,
  type serverStatSchema,
  type subscriptionStatSchema,
} from "./contract.js";

export type Schema<T> = v.GenericSchema<unknown, T>;

/**
 * Reads a value; the failure names the place and what is wrong there.
 * @example `readAs(commandSchema, JSON.parse(text))`
 */
export function readAs<T>(schema: Schema<T>, value: unknown): Result<T, string> {
  const read = v.safeParse(schema, value, { abortEarly: true });
  if (read.success) return succeed(read.output);
  const [issue] = read.issues;
  if (issue.message.startsWith("Invalid key: ") && issue.received === "undefined") return fail(`${issue.expected ?? "a field"} is missing`);
  const place = v.getDotPath(issue);
  return fail(place === null || issue.message.includes(place) ? issue.message : `${place}: ${issue.message}`);
}

/** The fields of a command, and of a container, by which they are written as JSON. */
export const FIELDS = { command: Object.keys(commandSchema.entries), container: Object.keys(containerSchema.entries) } as const;

/** Of `members.watch`: what has changed. `reason` tells of a leave whether it said good-bye. */
export const memberChangeSchema = v.object({
  event: v.picklist(["join", "leave", "update"]),
  member: memberSchema,
  reason: v.optional(v.picklist(["left", "failed"])),
});
export type MemberChange = v.InferOutput<typeof memberChangeSchema>;

/** Of `send.many`: how many messages are safe. */
export const takenSchema = v.object({ taken: v.number() });

/** Of `output`: bytes that found no room. */
export const droppedSchema = v.object({ dropped: v.number() });

/** Of a part that ends a message among many. */
export const lastSchema = v.object({ last: v.literal(true) });

/** What a container engine or a circusd tells, in its own words. */
export const factsSchema = v.record(v.string(), v.unknown());

export type ChannelStat = v.InferOutput<typeof channelStatSchema>;
export type NameserverStat = v.InferOutput<typeof nameserverStatSchema>;
export type SubscriptionStat = v.InferOutput<typeof subscriptionStatSchema>;
export type ServerStat = v.InferOutput<typeof serverStatSchema>;
