/** The description of the HTTP interface in OpenAPI, made of the routes' own schemas. */
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import type { App } from "../http.js";

type OpenApi = NonNullable<FastifyDynamicSwaggerOptions["openapi"]>;

const PROBLEM = {
  description: "Refused by circushttpd",
  content: {
    "application/json": {
      schema: {
        type: "object" as const,
        properties: {
          statusCode: { type: "integer" as const },
          error: { type: "string" as const },
          message: { type: "string" as const },
        },
        required: ["statusCode", "error", "message"],
      },
    },
  },
};

export function describeApi(version: string): OpenApi {
  return {
    openapi: "3.1.0",
    info: {
      title: "circushttpd",
      version,
      description:
        "The commands of circusd over HTTP: the body is the command's properties, the answer the daemon's reply, errors too. " +
        "What circushttpd itself refuses is a Problem. The feed of what happens is a WebSocket at /api/v1/feed.",
    },
    tags: [{ name: "session" }, { name: "commands" }, { name: "monitoring" }],
    components: {
      responses: { Problem: PROBLEM },
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "circus_session_PORT" },
      },
    },
    security: [{ token: [] }, { session: [] }],
  };
}

export function serveDescription(app: App): void {
  app.get("/api/v1/openapi.json", { config: { access: "read" }, schema: { hide: true } }, () => app.swagger());
}
