/** What the page asks circushttpd over HTTP; every answer is a value, also where there is none. */
import { fail, succeed, type Result } from "../../core/result.js";
import type { CommandName, Commands } from "../../wire/contract.js";
import type { Login, SessionInfo } from "../api.js";

export interface Refusal {
  /** Of HTTP; 0 where circushttpd did not answer at all. */
  readonly status: number;
  /** In the words of whoever refused. */
  readonly message: string;
}

export type Answer<T> = Promise<Result<T, Refusal>>;

export async function getSession(): Answer<SessionInfo> {
  return asSession(await ask("GET", "/api/v1/session"));
}

export async function logIn(login: Login): Answer<SessionInfo> {
  return asSession(await ask("POST", "/api/v1/session", login));
}

export async function logOut(): Answer<unknown> {
  return ask("DELETE", "/api/v1/session");
}

/** Sends a command of Circus; the daemon's refusals come in its own words. */
export async function sendCommand<C extends CommandName>(
  daemon: string,
  command: C,
  properties: Commands[C]["properties"],
): Answer<unknown> {
  const answer = await ask("POST", `/api/v1/daemons/${encodeURIComponent(daemon)}/commands/${command}`, properties);
  if (!answer.ok) return answer;
  const { status, reason } = asObject(answer.value);
  return status === "error" ? fail({ status: 200, message: String(reason) }) : answer;
}

/** The members of a JSON object; none for any other value. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

async function ask(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Answer<unknown> {
  try {
    const headers = { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) };
    const response = await fetch(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await response.text();
    const value = parse(text);
    if (response.ok) return succeed(value);
    const { reason, message } = asObject(value);
    const words = [reason, message].find((one) => typeof one === "string");
    return fail({ status: response.status, message: typeof words === "string" ? words : `circushttpd answered ${response.status}` });
  } catch {
    return fail({ status: 0, message: "circushttpd does not answer; is it running, and can this browser reach it?" });
  }
}

function asSession(answer: Result<unknown, Refusal>): Result<SessionInfo, Refusal> {
  if (!answer.ok) return answer;
  return isSession(answer.value) ? succeed(answer.value) : fail({ status: 0, message: "What answers here is no circushttpd" });
}

function isSession(value: unknown): value is SessionInfo {
  const { role, daemons } = asObject(value);
  return (role === "read" || role === "admin") && Array.isArray(daemons);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
