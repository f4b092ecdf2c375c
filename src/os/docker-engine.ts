/** The Docker Engine of this host, or another program that speaks its API, over its unix socket. */
import type { ContainerEngine, EngineContainer, EngineFailure } from "../core/circuit/container-port.js";
import { fail, succeed, type Result } from "../core/result.js";
import { attachStreams } from "./docker-attach.js";
import { askEngine, type EngineRequest } from "./docker-request.js";

const DEFAULT_SOCKET = "/var/run/docker.sock";

/** The newest API that this was written for; an engine that knows only newer ones is spoken to by the oldest of its own. */
const NEWEST = "1.44";

/** Milliseconds beyond the grace within which a stopped container has to be gone. */
const STOP_PATIENCE = 60_000;

interface Api {
  readonly socket: string;
  /** `/v1.41` */
  readonly prefix: string;
  readonly title: string;
}

/**
 * @param host what DOCKER_HOST says; only `unix://PATH` is spoken, and anything else fails with every request
 * @example `const engine = dockerEngine(process.env["DOCKER_HOST"]); const version = await engine.version();`
 */
export function dockerEngine(host: string | undefined): ContainerEngine {
  const socket = host === undefined || host === "" ? DEFAULT_SOCKET : (/^unix:\/\/(\/.+)$/.exec(host)?.[1] ?? null);
  // An engine may be exchanged for another one while we live, so it is asked each time.
  const find = async (): Promise<Result<Api, EngineFailure>> => (socket === null ? fail(unspoken(host ?? "")) : negotiate(socket));
  const withApi = async <T>(act: (api: Api) => Promise<Result<T, EngineFailure>>): Promise<Result<T, EngineFailure>> => {
    const api = await find();
    return api.ok ? act(api.value) : api;
  };
  return {
    version: () => withApi(async ({ socket: place, title }) => succeed(`${title} at "${place}"`)),
    pull: (image, signal) => withApi((api) => pull(api, image, signal)),
    create: (name, settings) =>
      withApi(async (api) => {
        const path = `${api.prefix}/containers/create?name=${name}`;
        const created = await askEngine(api.socket, { method: "POST", path, body: settings });
        return created.ok ? succeed(containerOf(api, name)) : created;
      }),
    discard: (name) => withApi((api) => containerOf(api, name).remove({ force: true })),
  };
}

function containerOf({ socket, prefix }: Api, name: string): EngineContainer {
  const path = `${prefix}/containers/${name}`;
  const act = async (asked: EngineRequest): Promise<Result<void, EngineFailure>> => {
    const answer = await askEngine(socket, asked);
    return answer.ok ? succeed(undefined) : answer;
  };
  return {
    name,
    attach: (attend) => attachStreams({ socket, path: `${path}/attach` }, attend),
    start: () => act({ method: "POST", path: `${path}/start` }),
    async inspect() {
      const answer = await askEngine(socket, { method: "GET", path: `${path}/json` });
      return answer.ok ? readObject(answer.value) : answer;
    },
    wait: (signal) => act({ method: "POST", path: `${path}/wait`, patience: null, signal }),
    kill: (signal) => act({ method: "POST", path: `${path}/kill?signal=${signal}` }),
    stop: (grace) => act({ method: "POST", path: `${path}/stop?t=${Math.ceil(grace / 1000)}`, patience: grace + STOP_PATIENCE }),
    remove: ({ force }) => act({ method: "DELETE", path: `${path}?v=1${force ? "&force=1" : ""}` }),
  };
}

async function negotiate(socket: string): Promise<Result<Api, EngineFailure>> {
  const answer = await askEngine(socket, { method: "GET", path: "/version" });
  const facts = answer.ok ? readObject(answer.value) : answer;
  if (!facts.ok) return facts;
  const { Version, ApiVersion, MinAPIVersion, Components } = facts.value;
  const api = later(earlier(NEWEST, versionIn(ApiVersion) ?? NEWEST), versionIn(MinAPIVersion) ?? "1.0");
  const title = `${nameIn(Components)} ${typeof Version === "string" ? Version : "of unknown version"} (API ${api})`;
  return succeed({ socket, prefix: `/v${api}`, title });
}

/** The engine tells of failures in the midst of an answer that began well. */
async function pull({ socket, prefix }: Api, image: string, signal: AbortSignal): Promise<Result<void, EngineFailure>> {
  const { name, tag } = splitImage(image);
  const query = new URLSearchParams({ fromImage: name, tag });
  let rest = "";
  let failure: string | null = null;
  const answer = await askEngine(socket, {
    method: "POST",
    path: `${prefix}/images/create?${query.toString()}`,
    patience: null,
    signal,
    onText(text) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) failure ??= errorIn(line);
    },
  });
  failure ??= errorIn(rest);
  if (!answer.ok) return answer;
  return failure === null ? succeed(undefined) : fail({ kind: "fault", message: failure });
}

/** Without a tag an engine would fetch all of them. */
export function splitImage(image: string): { readonly name: string; readonly tag: string } {
  const [, named = image, digest] = /^(.+)@(.+)$/.exec(image) ?? [];
  if (digest !== undefined) return { name: named, tag: digest };
  const colon = image.indexOf(":", image.lastIndexOf("/") + 1);
  return colon < 0 ? { name: image, tag: "latest" } : { name: image.slice(0, colon), tag: image.slice(colon + 1) };
}

function errorIn(line: string): string | null {
  const read = line.trim() === "" ? null : readObject(line);
  return read?.ok === true && typeof read.value["error"] === "string" ? read.value["error"].trim() : null;
}

function readObject(text: string): Result<Readonly<Record<string, unknown>>, EngineFailure> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return succeed(Object.fromEntries(Object.entries(value)));
  } catch {
    // Told below.
  }
  return fail({ kind: "fault", message: `the container engine answers with something else than JSON: "${text.slice(0, 100)}"` });
}

/** Docker calls itself "Engine", and others tell their names. */
function nameIn(components: unknown): string {
  const first: unknown = Array.isArray(components) ? components[0] : null;
  const name = typeof first === "object" && first !== null && "Name" in first ? String(first.Name) : "Engine";
  return name === "Engine" ? "Docker Engine" : name;
}

function versionIn(value: unknown): string | null {
  return typeof value === "string" && /^\d+\.\d+$/.test(value) ? value : null;
}

function earlier(one: string, other: string): string {
  return compare(one, other) <= 0 ? one : other;
}

function later(one: string, other: string): string {
  return compare(one, other) >= 0 ? one : other;
}

function compare(one: string, other: string): number {
  const [major = 0, minor = 0] = one.split(".").map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split(".").map(Number);
  return major - otherMajor || minor - otherMinor;
}

function unspoken(host: string): EngineFailure {
  return { kind: "unreachable", message: `DOCKER_HOST is "${host}", and only unix://PATH is spoken here` };
}
