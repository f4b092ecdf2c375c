/** The page: its files, and its first one wherever a user may come back to a place in it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { formOf, INDEX, isKnown, type Asset, type Assets } from "../assets.js";
import { Refused } from "../problem.js";

const NO_PAGE = "The page of the console is not built; run npm run build where circusd was installed from its sources";

/** Serves what `assets` holds; anything else that looks like a place in the page is the page. */
export function servePage(app: FastifyInstance, assets: Assets): void {
  app.get("/*", { config: { access: "open" }, schema: { hide: true } }, (request, reply) => {
    const path = request.url.split("?")[0] ?? "";
    if (assets.size === 0) throw new Refused(503, NO_PAGE);
    const asset = assets.get(path) ?? (isPlace(path) ? assets.get(INDEX) : undefined);
    if (asset === undefined) throw new Refused(404, `There is nothing at "${path}"`);
    return send(request, reply, asset);
  });
}

/** A name with a dot in its last part is a watcher's more often than a file's; files of the page stand at the top. */
function isPlace(path: string): boolean {
  if (path.startsWith("/api/")) return false;
  return path === "/" || path.lastIndexOf("/") > 0 || !path.includes(".");
}

function send(request: FastifyRequest, reply: FastifyReply, asset: Asset): FastifyReply {
  const { body, encoding, etag } = formOf(asset, request.headers["accept-encoding"] ?? "");
  // A new version of circusd has files of the same names: the browser asks each time, and is mostly told that nothing changed.
  void reply.header("etag", etag).header("cache-control", "no-cache").header("vary", "Accept-Encoding");
  if (isKnown(request.headers["if-none-match"], etag)) return reply.code(304).send();
  if (encoding !== null) void reply.header("content-encoding", encoding);
  return reply.type(asset.type).send(body);
}
