/** What requests carry between the hooks and the handlers of this server, and what a route tells the hooks. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { isLoopback } from "./access/hosts.js";
import type { Identity } from "./access/identity.js";
import type { Role } from "./api.js";
import { Refused } from "./problem.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may ask; `open` is anybody. @default "admin" */
    access?: Role | "open";
  }

  interface FastifyRequest {
    /** Null where nobody has logged in. */
    identity: Identity | null;
  }
}

/** Routes in a file of their own are given the server to add themselves to. */
export type App = FastifyInstance;

/** Who asks. @throws Refused with 401 where nobody is known */
export function whoAsks(request: FastifyRequest): Identity {
  if (request.identity === null) throw new Refused(401, "Log in first, or send a token: Authorization: Bearer TOKEN");
  return request.identity;
}

/** Where a request comes from; what a proxy on this host says is believed. */
export function clientOf(request: FastifyRequest): string {
  const forwarded = request.headers["x-forwarded-for"];
  const behind = typeof forwarded === "string" ? forwarded.split(",").at(-1)?.trim() : undefined;
  const peer = request.ip.replace(/^::ffff:/, "");
  return behind !== undefined && /^[0-9a-fA-F.:]{2,45}$/.test(behind) && isLoopback(peer) ? behind : peer;
}

/** Browsers keep one set of cookies for all ports of a host: each console has a name of its own. */
export function sessionCookie(request: FastifyRequest): { readonly name: string; readonly value: string | undefined } {
  const name = `circus_session_${request.raw.socket.localPort ?? 0}`;
  return { name, value: request.cookies[name] };
}
