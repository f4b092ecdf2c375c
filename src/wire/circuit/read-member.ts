/** Reads a member that came by another way than a call. */
import * as v from "valibot";
import type { Member } from "../../core/circuit/member.js";
import { memberSchema } from "./contract.js";

/** Null for what is none. */
export function readMember(value: unknown): Member | null {
  const read = v.safeParse(memberSchema, value);
  return read.success ? read.output : null;
}
