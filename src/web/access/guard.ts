/** Keeps out requests that a foreign page makes a user's browser send. Decides by headers alone. */
import { isAllowed, isOwnHost, parseHost, type HostPolicy } from "./hosts.js";

export interface RequestFacts {
  readonly method: string;
  /** Whether it asks for a WebSocket. */
  readonly upgrade: boolean;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Sec-Fetch-Site, which browsers set and pages cannot. */
  readonly site: string | undefined;
  readonly contentType: string | undefined;
  readonly hasBody: boolean;
}

export interface Refusal {
  readonly statusCode: number;
  readonly message: string;
}

/** Characters of what somebody sent that are repeated to them. */
const SHOWN = 100;

const SAFE = ["GET", "HEAD", "OPTIONS"];

/** What forms of a foreign page can send without asking is never JSON. */
const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** Why a request is refused, or null. */
export function judge(facts: RequestFacts, policy: HostPolicy): Refusal | null {
  if (!isOwnHost(facts.host, policy)) return foreignHost(facts.host);
  if (SAFE.includes(facts.method) && !facts.upgrade) return null;
  if (facts.origin !== undefined && !isOwnOrigin(facts.origin, facts.host ?? "", policy)) return foreignOrigin(facts.origin, facts.host);
  if (facts.origin === undefined && facts.site !== undefined && facts.site !== "same-origin" && facts.site !== "none") {
    return { statusCode: 403, message: `A page of another site sent this (Sec-Fetch-Site: ${facts.site.slice(0, 40)})` };
  }
  if (facts.hasBody && !JSON_TYPE.test(facts.contentType ?? "")) {
    return { statusCode: 415, message: "The body is to be JSON, with Content-Type: application/json" };
  }
  return null;
}

/**
 * Whether a page of this origin is the console's own: its host and port are those that were asked for. A proxy may be
 * reached at another port or by TLS and name only the host; then the host is to be one of those that are allowed.
 */
function isOwnOrigin(origin: string, host: string, { allowed }: HostPolicy): boolean {
  const [, scheme, authority = ""] = /^(https?):\/\/([^/]+)$/.exec(origin.toLowerCase()) ?? [];
  const from = scheme === undefined ? null : parseHost(authority);
  const asked = parseHost(host);
  if (from === null || asked === null) return false;
  const standard = scheme === "https" ? 443 : 80;
  if (from.host === asked.host && (from.port ?? standard) === (asked.port ?? standard)) return true;
  return isAllowed({ host: from.host, port: from.port ?? standard }, allowed);
}

function foreignHost(host: string | undefined): Refusal {
  const name = parseHost(host?.slice(0, SHOWN) ?? "")?.host;
  const remedy =
    name === undefined
      ? "name the host in the header Host"
      : `to use the console under this name, add ${name} to httpd_hosts in [circus], or give --allow-host ${name}`;
  return { statusCode: 421, message: `The host "${(host ?? "").slice(0, SHOWN)}" is not known here; ${remedy}` };
}

function foreignOrigin(origin: string, host: string | undefined): Refusal {
  return {
    statusCode: 403,
    message:
      `A page of "${origin.slice(0, SHOWN)}" may not do this at "${(host ?? "").slice(0, SHOWN)}"; ` +
      "if that is the console behind a proxy, have the proxy pass the header Host on, or add its name to httpd_hosts (--allow-host)",
  };
}
