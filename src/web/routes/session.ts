/** Logging in and out, and what whoever asks may talk to. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../../core/ports.js";
import { isObject, quote } from "../../wire/codec.js";
import type { Access } from "../access/access.js";
import type { Identity } from "../access/identity.js";
import { LIFETIME } from "../access/sessions.js";
import type { Login, SessionInfo } from "../api.js";
import { clientOf, sessionCookie, whoAsks, type App } from "../http.js";
import { Refused } from "../problem.js";
import type { DaemonView } from "../view/daemon-view.js";
import type { Schema } from "./command-table.js";

export interface SessionParts {
  readonly daemons: ReadonlyMap<string, DaemonView>;
  readonly version: string;
  readonly access: Access;
  readonly log: Log;
}

const PATH = "/api/v1/session";

const LOGIN: Schema = {
  type: "object",
  properties: { user: { type: "string" }, password: { type: "string" } },
  required: ["user", "password"],
};

export function serveSession(app: App, { daemons, version, access, log }: SessionParts): void {
  const info = ({ user, role }: Pick<Identity, "user" | "role">): SessionInfo => ({
    user,
    role,
    daemons: [...daemons.values()].map((view) => view.info),
    version,
  });

  app.get(PATH, { config: { access: "read" }, schema: described("session", "Who asks, and which daemons there are") }, (request) =>
    info(whoAsks(request)),
  );

  app.post(
    PATH,
    {
      config: { access: "open" },
      schema: { ...described("logIn", "Log in: a session begins, as a cookie"), body: LOGIN },
      validatorCompiler: () => () => true,
    },
    async (request, reply) => {
      const { user: name, password } = loginOf(request.body);
      const from = clientOf(request);
      const result = await access.logIn(from, name, password);
      switch (result.kind) {
        case "later":
          log.warning(`Too many wrong passwords from ${from}: ${quote(name)} was not let in`);
          throw new Refused(429, `Too many wrong passwords; try again in ${result.retryAfter} s`, result.retryAfter);
        case "wrong":
          log.warning(`Wrong user or password from ${from}: ${quote(name)} was not let in`);
          throw new Refused(401, "Wrong user or password");
        case "in":
          log.info(`user ${name} from ${from}: logged in with role ${result.user.role}`);
          setCookie(request, reply, result.session);
          return info({ user: name, role: result.user.role });
      }
    },
  );

  app.delete(PATH, { config: { access: "open" }, schema: described("logOut", "Log out: the session ends") }, (request, reply) => {
    const { name, value } = sessionCookie(request);
    if (value !== undefined) access.logOut(value);
    return reply.clearCookie(name, { path: "/" }).code(204).send();
  });
}

function described(
  operationId: string,
  summary: string,
): { readonly operationId: string; readonly summary: string; readonly tags: string[] } {
  return { operationId, summary, tags: ["session"] };
}

/** Behind a proxy that speaks TLS the browser does, too. */
function setCookie(request: FastifyRequest, reply: FastifyReply, session: string): void {
  const secure = request.protocol === "https" || request.headers["x-forwarded-proto"] === "https";
  const age = Math.floor(LIFETIME / 1000);
  void reply.setCookie(sessionCookie(request).name, session, { path: "/", httpOnly: true, sameSite: "strict", secure, maxAge: age });
}

function loginOf(body: unknown): Login {
  if (isObject(body) && typeof body["user"] === "string" && typeof body["password"] === "string") {
    return { user: body["user"], password: body["password"] };
  }
  throw new Refused(400, 'The body is to be { "user": …, "password": … }');
}
