/** Reads the parameters of a call by the contract. */
import * as v from "valibot";
import { fail, succeed, type Result } from "../../core/result.js";
import { METHODS, type MethodName, type ReadParams } from "./contract.js";

/** Characters of a message that are kept: a wrong value stands in it as it came. */
const LONGEST_COMPLAINT = 200;

/**
 * Reads the parameters of a method; the failure names the field and what is wrong with it.
 * @example `readParams("make.channel", { path: ["a"], capacity: -1 })`
 */
export function readParams<M extends MethodName>(method: M, params: unknown): Result<ReadParams<M>, string> {
  const schema: v.GenericSchema<unknown, ReadParams<M>> = METHODS[method].params;
  const read = v.safeParse(schema, params, { abortEarly: true });
  if (read.success) return succeed(read.output);
  const [issue] = read.issues;
  const field = v.getDotPath(issue);
  const place = field === null ? "The parameters" : `The parameter "${field}"`;
  return fail(`${place} of "${method}" cannot be used: ${shortened(issue.message)}`);
}

function shortened(text: string): string {
  return text.length <= LONGEST_COMPLAINT ? text : `${text.slice(0, LONGEST_COMPLAINT)}…`;
}

/** Of `recv.many`, from the receiver: the first so many messages of the call are acknowledged. */
const doneSchema = v.object({ done: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) });

/** @returns how many messages a value acknowledges; null where it is no acknowledgement */
export function readDone(value: unknown): number | null {
  const read = v.safeParse(doneSchema, value);
  return read.success ? read.output.done : null;
}

/** Whether the value of a part says that it is the last one of a message, as in `send.many`. */
export function isLast(value: unknown): boolean {
  return typeof value === "object" && value !== null && "last" in value && value.last === true;
}
