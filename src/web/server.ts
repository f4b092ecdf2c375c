/** The HTTP server of the console: its limits, its headers, who gets in, and what it says when something is wrong. */
import http from "node:http";
import https from "node:https";
import cookie from "@fastify/cookie";
import swagger from "@fastify/swagger";
import websocket from "@fastify/websocket";
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from "fastify";
import type { Clock, Log } from "../core/ports.js";
import type { Access } from "./access/access.js";
import { judge } from "./access/guard.js";
import type { HostPolicy } from "./access/hosts.js";
import type { Assets } from "./assets.js";
import { HEADERS, NOT_STORED } from "./headers.js";
import { sessionCookie, whoAsks, type App } from "./http.js";
import { problem, Refused } from "./problem.js";
import { mayAct } from "./routes/command-table.js";
import { serveCommands } from "./routes/commands.js";
import { describeApi, serveDescription } from "./routes/description.js";
import { MOST_BYTES, serveFeed } from "./routes/feed.js";
import { servePage } from "./routes/page.js";
import { serveSession } from "./routes/session.js";
import { serveWatch } from "./routes/watch.js";
import type { DaemonView } from "./view/daemon-view.js";

export interface ServerParts {
  /** By id, in the order in which they were given. */
  readonly daemons: ReadonlyMap<string, DaemonView>;
  readonly assets: Assets;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  readonly access: Access;
  /** Names under which browsers may reach it. */
  readonly hosts: { readonly host: string; readonly allowed: readonly string[] };
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
/** Characters of a foreign address that are repeated in an answer. */
const SHOWN = 200;
const MOST_CONNECTIONS = 2_000;
/** Milliseconds: for the headers, for a whole request, between two requests, and how often they are looked at. */
const HEADERS_TIME = 10_000;
const REQUEST_TIME = 30_000;
const KEEP_ALIVE_TIME = 30_000;
const LOOK = 2_000;

/** @throws Error where the certificate or its key will not do */
export async function makeServer(parts: ServerParts): Promise<WebServer> {
  const { log, access, hosts } = parts;
  let port = 0;
  const policy = (): HostPolicy => ({ listen: { host: hosts.host, port }, allowed: hosts.allowed });
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
    guard(request, policy());
  });
  app.setErrorHandler((error: FastifyError, _request, reply) => tell(error, reply, log));
  app.setNotFoundHandler((request) => {
    throw new Refused(404, `There is nothing at ${request.method} "${request.url.slice(0, SHOWN)}"`);
  });
  await app.register(cookie);
  await app.register(websocket, { options: { maxPayload: MOST_BYTES }, preClose: (done) => done() });
  await app.register(swagger, { openapi: describeApi(parts.version) });
  // Last of the hooks: an upgrade is refused as any request is.
  app.addHook("onRequest", async (request) => {
    request.identity = await identify(request, access);
    admit(request);
  });
  const endFeed = await addRoutes(app, parts);
  await app.ready();
  return {
    async listen(place) {
      port = await listen(app.server, place);
      return port;
    },
    async close() {
      endFeed();
      await app.close();
      app.server.closeAllConnections();
    },
  };
}

/** Routes are described from here on, when the plugin that describes them is there. */
async function addRoutes(app: App, parts: ServerParts): Promise<() => void> {
  let endFeed = (): void => undefined;
  await app.register(async (routes) => {
    serveSession(routes, parts);
    serveCommands(routes, parts);
    serveWatch(routes, parts);
    serveDescription(routes);
    servePage(routes, parts.assets);
    const stillKnown = async (request: FastifyRequest): Promise<boolean> => (await identify(request, parts.access)) !== null;
    endFeed = serveFeed(routes, { ...parts, stillKnown });
  });
  return () => endFeed();
}

/** @throws Refused where a foreign page may have sent this */
function guard(request: FastifyRequest, policy: HostPolicy): void {
  const { headers, method } = request;
  const site = headers["sec-fetch-site"];
  const refusal = judge(
    {
      method,
      upgrade: headers.upgrade !== undefined,
      host: headers.host,
      origin: headers.origin,
      site: typeof site === "string" ? site : undefined,
      contentType: headers["content-type"],
      hasBody: headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0,
    },
    policy,
  );
  if (refusal !== null) throw new Refused(refusal.statusCode, refusal.message);
}

function identify(request: FastifyRequest, access: Access): Promise<FastifyRequest["identity"]> {
  return access.identify({ session: sessionCookie(request).value, authorization: request.headers.authorization });
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
  if (statusCode === 401) void reply.header("www-authenticate", "Bearer");
  if (error instanceof Refused && error.retryAfter !== null) void reply.header("retry-after", String(error.retryAfter));
  void reply.headers({ ...HEADERS, ...NOT_STORED }).code(statusCode);
  if (error instanceof Refused || statusCode < 500) return reply.send(problem(statusCode, error.message));
  log.error(`internal: ${error.stack ?? error.message}`);
  return reply.send(problem(500, "internal: circushttpd made a mistake; its log has more"));
}
