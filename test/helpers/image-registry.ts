/** A registry on loopback from which an engine can pull one image, as far as pulling goes. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

interface Cleanup {
  after(run: () => Promise<void>): void;
}

export interface ImageRegistry {
  /** `127.0.0.1:PORT/there`, an image that is there in every version. */
  readonly image: string;
  /** One that is never sent, though it is never refused. */
  readonly slow: string;
  /** Whether somebody waits for the slow one. */
  readonly isAsked: boolean;
  /** One that there is not. */
  readonly missing: string;
}

const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG = "application/vnd.docker.container.image.v1+json";
const LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/** @param archive the files of the image, as tar */
export async function openRegistry(t: Cleanup, archive: Buffer): Promise<ImageRegistry> {
  const layer = gzipSync(archive);
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config: { Cmd: ["echo", "of the registry"], Env: ["PATH=/bin"] },
      rootfs: { type: "layers", diff_ids: [digestOf(archive)] },
    }),
  );
  const describe = (mediaType: string, blob: Buffer): object => ({ mediaType, size: blob.length, digest: digestOf(blob) });
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config: describe(CONFIG, config), layers: [describe(LAYER, layer)] }),
  );
  const waiting = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const send = (type: string, blob: Buffer): void => {
      response.writeHead(200, { "Content-Type": type, "Content-Length": blob.length, "Docker-Content-Digest": digestOf(blob) });
      response.end(request.method === "HEAD" ? undefined : blob);
    };
    const blob = [config, layer].find((one) => path.endsWith(digestOf(one)));
    if (path === "/v2/") send("application/json", Buffer.from("{}"));
    else if (path.startsWith("/v2/slow/")) {
      waiting.add(response);
      response.once("close", () => waiting.delete(response));
    } else if (path.startsWith("/v2/there/manifests/")) send(MANIFEST, manifest);
    else if (path.startsWith("/v2/there/") && blob !== undefined) send("application/octet-stream", blob);
    else
      response
        .writeHead(404, { "Content-Type": "application/json" })
        .end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const closed = once(server, "close");
  t.after(async () => {
    server.close();
    server.closeAllConnections();
    await closed;
  });
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("A server on loopback has no port");
  const at = `127.0.0.1:${address.port}`;
  return {
    image: `${at}/there`,
    slow: `${at}/slow`,
    missing: `${at}/missing`,
    get isAsked() {
      return waiting.size > 0;
    },
  };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
