/** Requests to a container engine over its unix socket, and what its answers and its silence mean. */
import { request, type ClientRequest, type IncomingMessage } from "node:http";
import type { EngineFailure } from "../core/circuit/container-port.js";
import type { Millis } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";

export interface EngineRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** To be sent as JSON. */
  readonly body?: unknown;
  /** Milliseconds of silence after which the engine counts as dead; null waits for ever, and keeps no program alive. @default 60 s */
  readonly patience?: Millis | null;
  readonly signal?: AbortSignal;
  /** Gets the text of a good answer as it comes, which is not kept then. */
  readonly onText?: (text: string) => void;
}

const PATIENCE = 60_000;

/** @returns the text of the answer; the failure says in whole sentences what went wrong */
export function askEngine(socket: string, asked: EngineRequest): Promise<Result<string, EngineFailure>> {
  return new Promise((resolve) => {
    const sent = sendRequest(socket, asked);
    sent.once("error", (cause) => resolve(fail(unreachable(socket, cause))));
    sent.once("response", (response) => {
      readAnswer(response, asked.onText).then(resolve, (cause: unknown) => resolve(fail(unreachable(socket, cause))));
    });
  });
}

/** @returns the request on its way; it emits `error` when the engine is silent for too long, too */
export function sendRequest(
  socketPath: string,
  { method, path, body, patience = PATIENCE, signal }: EngineRequest,
  headers: Readonly<Record<string, string>> = {},
): ClientRequest {
  const text = body === undefined ? "" : JSON.stringify(body);
  const typed = body === undefined ? {} : { "Content-Type": "application/json" };
  const length = { "Content-Length": String(Buffer.byteLength(text)) };
  // The engine wants a host, and looks at it not.
  const sent = request({
    socketPath,
    method,
    path,
    agent: false,
    headers: { Host: "localhost", ...typed, ...length, ...headers },
    ...(signal === undefined ? {} : { signal }),
  });
  if (patience === null) sent.once("socket", (socket) => socket.unref());
  else sent.setTimeout(patience, () => sent.destroy(new Error(`no answer within ${patience / 1000} s`)));
  sent.end(text);
  return sent;
}

/** What the engine says where it refuses, and what kind of a refusal it is. */
export function refusalOf(status: number, text: string): EngineFailure {
  const message = messageIn(text) ?? `it answered with HTTP status ${status}`;
  if (status === 404) return { kind: "missing", message };
  if (status === 400) return { kind: "invalid", message };
  return { kind: status === 409 ? "conflict" : "fault", message };
}

export function unreachable(socket: string, cause: unknown): EngineFailure {
  return { kind: "unreachable", message: explain(socket, cause) };
}

async function readAnswer(response: IncomingMessage, onText?: (text: string) => void): Promise<Result<string, EngineFailure>> {
  const { statusCode = 0 } = response;
  const isGood = statusCode < 400;
  let kept = "";
  response.setEncoding("utf8");
  for await (const chunk of response) {
    const text = String(chunk);
    if (isGood && onText !== undefined) onText(text);
    else kept += text;
  }
  return isGood ? succeed(kept) : fail(refusalOf(statusCode, kept));
}

/** Engines end their messages with line breaks at times. */
function messageIn(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "message" in value ? String(value.message).trim() : null;
  } catch {
    return text.trim() === "" ? null : text.trim();
  }
}

function explain(socket: string, cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : null;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (code === "ENOENT" || code === "ECONNREFUSED") return `nobody listens at "${socket}"; install and start a container engine`;
  if (code === "EACCES") return `permission denied at "${socket}"; the user of this server has to be in its group, mostly "docker"`;
  return `no answer from the container engine at "${socket}": ${message}`;
}
