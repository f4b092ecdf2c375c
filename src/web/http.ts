/** What requests carry between the hooks and the handlers of this server, and what a route tells the hooks. */
import type { FastifyInstance, FastifyRequest } from "fastify";
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
