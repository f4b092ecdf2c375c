/** The files of the page, read at the start and served from memory: no path of a request ever reaches the disk. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

export interface Asset {
  readonly type: string;
  /** Strong, in quotes. */
  readonly etag: string;
  readonly body: Buffer;
  readonly gzip: Buffer | null;
  readonly brotli: Buffer | null;
}

/** By path: `/app.js`. */
export type Assets = ReadonlyMap<string, Asset>;

/** What is served at `/` and wherever the page keeps its place. */
export const INDEX = "/index.html";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** Smaller than this, compression gains nothing. */
const SMALL = 512;
/** The highest takes seconds and gains little. */
const BROTLI_QUALITY = 9;

/** Reads a directory; a file of an unknown kind, such as a source map, is left out. Empty where there is no page. */
export async function loadAssets(directory: string): Promise<Assets> {
  const names = await readdir(directory).catch(() => []);
  const known = names.filter((name) => TYPES[extname(name)] !== undefined).sort();
  const assets = await Promise.all(known.map(async (name): Promise<[string, Asset]> => [`/${name}`, await loadAsset(directory, name)]));
  return new Map(assets);
}

async function loadAsset(directory: string, name: string): Promise<Asset> {
  const body = await readFile(join(directory, name));
  const type = TYPES[extname(name)] ?? "application/octet-stream";
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  const compressible = body.length >= SMALL && /^text|svg|json/.test(type);
  if (!compressible) return { type, etag, body, gzip: null, brotli: null };
  const [zipped, brotli] = await Promise.all([
    promisify(gzip)(body, { level: 9 }),
    promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  ]);
  return { type, etag, body, gzip: zipped, brotli };
}

/**
 * The form of a file that a client takes, by its Accept-Encoding. Each form has an ETag of its own.
 * @example `formOf(asset, "gzip, br").encoding === "br"`
 */
export function formOf(
  asset: Asset,
  accepted: string,
): { readonly body: Buffer; readonly encoding: "br" | "gzip" | null; readonly etag: string } {
  const takes = (name: string): boolean =>
    accepted.split(",").some((part) => {
      const [coding = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
      return coding === name && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    });
  const marked = (mark: string): string => asset.etag.replace(/"$/, `-${mark}"`);
  if (asset.brotli !== null && takes("br")) return { body: asset.brotli, encoding: "br", etag: marked("br") };
  if (asset.gzip !== null && takes("gzip")) return { body: asset.gzip, encoding: "gzip", etag: marked("gz") };
  return { body: asset.body, encoding: null, etag: asset.etag };
}

/** Whether one of the ETags of an If-None-Match is this one. */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const known = ifNoneMatch.split(",").map((text) => text.trim().replace(/^W\//, ""));
  return known.includes(etag) || known.includes("*");
}
