/** The HTTP server of the console: its limits, its headers, who gets in, and what it says when something is wrong. */
import http from "node:http";
import https from "node:https";
import cookie from "@fastify/cookie";
import swagger from "@fastify/swagger";
import websocket from "@fastify/websocket";
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from "fastify";
import type { Clock, Log } from "../core/ports.js";
import { ANYBODY } from "./access/identity.js";
import type { Assets } from "./assets.js";
import { HEADERS, NOT_STORED } from "./headers.js";
import { whoAsks, type App } from "./http.js";
import { problem, Refused } from "./problem.js";
import { mayAct } from "./routes/command-table.js";
import { serveCommands } from "./routes/commands.js";
import { MOST_BYTES, serveFeed } from "./routes/feed.js";
import { servePage } from "./routes/page.js";
import { serveSession } from "./routes/session.js";
import type { DaemonView } from "./view/daemon-view.js";

export interface ServerParts {
  /** By id, in the order in which they were given. */
  readonly daemons: ReadonlyMap<string, DaemonView>;
  readonly assets: Assets;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** In PEM. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null;
}

/** A socket that was bound before, or an address to bind. */
export type Place = { readonly fd: number } | { readonly host: string; readonly port: number };

export interface WebServer {
  /** The port that it listens at. @throws Error where the address cannot be had */
  listen(place: Place): Promise<number>;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** Bytes of a body. */
const BODY_LIMIT = 1024 * 1024;
const URL_PART_LIMIT = 500;
const HEADER_LIMIT = 16 * 1024;
const MOST_CONNECTIONS = 2_000;
/** Milliseconds: for the headers, for a whole request, between two requests, and how often they are looked at. */
const HEADERS_TIME = 10_000;
const REQUEST_TIME = 30_000;
const KEEP_ALIVE_TIME = 30_000;
const LOOK = 2_000;

/** @throws Error where the certificate or its key will not do */
export async function makeServer(parts: ServerParts): Promise<WebServer> {
  const { log } = parts;
  const app = fastify({
    serverFactory: (handler) => makeHttpServer(handler, parts.tls),
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: URL_PART_LIMIT },
    logger: false,
    forceCloseConnections: true,
    frameworkErrors: (error, _request, reply) => void tell(error, reply, log),
  });
  app.decorateRequest("identity", null);
  app.addHook("onRequest", async (request, reply) => {
    void reply.headers(HEADERS).headers(NOT_STORED);
    request.identity = ANYBODY;
  });
  app.setErrorHandler((error: FastifyError, _request, reply) => tell(error, reply, log));
  await app.register(cookie);
  await app.register(websocket, { options: { maxPayload: MOST_BYTES }, preClose: (done) => done() });
  await app.register(swagger, { openapi: { openapi: "3.1.0", info: { title: "circushttpd", version: parts.version } } });
  // Last of the hooks: an upgrade is refused as any request is.
  app.addHook("onRequest", async (request) => admit(request));
  const endFeed = addRoutes(app, parts);
  await app.ready();
  return {
    listen: (place) => listen(app.server, place),
    async close() {
      endFeed();
      await app.close();
      app.server.closeAllConnections();
    },
  };
}

function addRoutes(app: App, parts: ServerParts): () => void {
  serveSession(app, parts);
  serveCommands(app, parts);
  servePage(app, parts.assets);
  return serveFeed(app, { ...parts, stillKnown: async () => true });
}

function makeHttpServer(handler: http.RequestListener, tls: ServerParts["tls"]): http.Server {
  const limits = {
    maxHeaderSize: HEADER_LIMIT,
    headersTimeout: HEADERS_TIME,
    requestTimeout: REQUEST_TIME,
    keepAliveTimeout: KEEP_ALIVE_TIME,
    connectionsCheckingInterval: LOOK,
  };
  const server = tls === null ? http.createServer(limits, handler) : https.createServer({ ...limits, ...tls }, handler);
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

function listen(server: http.Server, place: Place): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(place, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

/** @throws Refused where whoever asks may not */
function admit(request: FastifyRequest): void {
  const needed = request.routeOptions.config.access ?? "admin";
  if (needed === "open" || request.is404) return;
  const { role } = whoAsks(request);
  if (!mayAct(role, needed)) throw new Refused(403, `This needs the role ${needed}, and you have ${role}`);
}

function tell(error: FastifyError | Error, reply: FastifyReply, log: Log): FastifyReply {
  const statusCode = "statusCode" in error && error.statusCode !== undefined ? error.statusCode : 500;
  if (error instanceof Refused && error.retryAfter !== null) void reply.header("retry-after", String(error.retryAfter));
  void reply.headers({ ...HEADERS, ...NOT_STORED }).code(statusCode);
  if (error instanceof Refused || statusCode < 500) return reply.send(problem(statusCode, error.message));
  log.error(`internal: ${error.stack ?? error.message}`);
  return reply.send(problem(500, "internal: circushttpd made a mistake; its log has more"));
}
