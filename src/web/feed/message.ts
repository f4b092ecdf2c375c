/** Reads what a page sends over the WebSocket; pages are not trusted. */
import { fail, succeed, type Result } from "../../core/result.js";
import { isObject } from "../../wire/codec.js";
import { OUTPUT_STREAMS, type OutputStream } from "../../wire/contract.js";
import type { ClientMessage } from "../api.js";

/** Lines that a follow may begin with. */
export const MOST_LINES = 10_000;

type Fields = Readonly<Record<string, unknown>>;

/** The failure says what is wrong, in a few words. */
export function readClientMessage(text: string): Result<ClientMessage, string> {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return fail("not JSON");
  }
  if (!isObject(given)) return fail("not a JSON object");
  switch (given["type"]) {
    case "open":
      return typeof given["daemon"] === "string" ? succeed({ type: "open", daemon: given["daemon"] }) : fail('"open" without a daemon');
    case "look": {
      const { name } = given;
      return typeof name === "string" || name === null ? succeed({ type: "look", name }) : fail('"look" without a name');
    }
    case "follow":
      return readFollow(given);
    case "unfollow":
      return isId(given["id"]) ? succeed({ type: "unfollow", id: given["id"] }) : fail('"unfollow" without an id');
    default:
      return fail("unknown type");
  }
}

function readFollow({ id, name, pid, stream, lines }: Fields): Result<ClientMessage, string> {
  if (!isId(id)) return fail('"follow" without an id');
  if (typeof name !== "string") return fail('"follow" without a name');
  if (!isId(lines) || lines > MOST_LINES) return fail(`"follow" with lines that are not from 0 to ${MOST_LINES}`);
  if (pid !== undefined && !isId(pid)) return fail('"follow" with a pid that is no number');
  if (stream !== undefined && !isStream(stream)) return fail('"follow" with an unknown stream');
  return succeed({
    type: "follow",
    id,
    name,
    lines,
    ...(pid === undefined ? {} : { pid }),
    ...(stream === undefined ? {} : { stream }),
  });
}

function isId(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isStream(value: unknown): value is OutputStream {
  return OUTPUT_STREAMS.some((stream) => stream === value);
}
