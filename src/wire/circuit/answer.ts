/** Reads the answers of the other side by the contract, and sees to it that one's own can be sent. */
import * as v from "valibot";
import { fail, succeed, type Result } from "../../core/result.js";
import { METHODS, type MethodName, type MethodResult } from "./contract.js";
import { MAX_HEAD } from "./packet.js";

/** Of a head, for what stands in it besides. */
const MARGIN = 4096;

/** Reads the result of a method; the failure names the field and what is wrong with it. */
export function readResult<M extends MethodName>(method: M, value: unknown): Result<MethodResult<M>, string> {
  const schema: v.GenericSchema<unknown, MethodResult<M>> = METHODS[method].result;
  const read = v.safeParse(schema, value, { abortEarly: true });
  if (read.success) return succeed(read.output);
  const [issue] = read.issues;
  const field = v.getDotPath(issue);
  return fail(`The answer to "${method}" cannot be used: ${field === null ? "" : `"${field}": `}${issue.message}`);
}

/** Whether parameters or a result are small enough for the head of one packet. */
export function fitsHead(value: unknown): boolean {
  // Undefined is no JSON, and leaves its field out.
  const text = JSON.stringify(value ?? null);
  // No character takes more than three bytes, so that most need not be counted.
  if (text.length * 3 <= MAX_HEAD - MARGIN) return true;
  return text.length <= MAX_HEAD - MARGIN && new TextEncoder().encode(text).length <= MAX_HEAD - MARGIN;
}
