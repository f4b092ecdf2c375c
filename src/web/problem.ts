/** What circushttpd refuses, in the one shape that all its refusals have. */
import type { Problem } from "./api.js";

const NAMES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** Thrown by a handler; reaches the client as it is. */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(
    readonly statusCode: number,
    message: string,
    /** Seconds after which it may be tried again. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

/** @example `problem(404, 'There is no daemon "x"')` */
export function problem(statusCode: number, message: string): Problem {
  return { statusCode, error: NAMES[statusCode] ?? "Error", message };
}
