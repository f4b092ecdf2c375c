/** Runs circusctl inside the test against a daemon of memory that answers what it is told to. */
import { PassThrough, Readable } from "node:stream";
import { runCircusctl } from "../../src/cli/circusctl.js";
import type { World } from "../../src/cli/world.js";
import { encodeJson, isObject } from "../../src/wire/codec.js";
import { openMemory } from "../../src/wire/memory/transport.js";

/** What a daemon answers to a command, without envelope; null keeps silent. */
export type Answer = (request: { readonly command: string; readonly properties: unknown }) => object | null;

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Requests as they came, without id. */
  readonly requests: readonly object[];
}

export interface Setting {
  /** Whether somebody seems to be at the endpoint. @default false */
  readonly listening?: boolean;
  readonly answer?: Answer;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Readable;
  readonly terminal?: boolean;
  readonly endpoint?: string;
  readonly interrupt?: AbortSignal;
  /** What comes back from a multicast group, text and host; without it there is no network. */
  readonly network?: (group: string) => readonly (readonly [string, string])[];
  /** What comes of a file that is to be imported; without it there is none. */
  readonly import?: World["importConfiguration"];
  /** Called whenever something is written, with all that was. */
  readonly observe?: (written: { readonly stdout: string; readonly stderr: string }) => void;
}

/** Collects what is written. */
export function collector(terminal: boolean): { readonly stream: PassThrough & { isTTY?: boolean }; readonly text: () => string } {
  const stream: PassThrough & { isTTY?: boolean } = new PassThrough();
  if (terminal) stream.isTTY = true;
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString("utf8") };
}

/** @example `const { code, stdout } = await circusctl(["list"], { answer: () => ({ watchers: ["web"] }) })` */
export async function circusctl(argv: readonly string[], setting: Setting = {}): Promise<Run> {
  const { answer = () => ({}), env = {}, stdin = "", terminal = false, endpoint = "tcp://127.0.0.1:5555" } = setting;
  const transport = openMemory();
  const requests: object[] = [];
  const server = await transport.serve(endpoint, { maxFrame: 1e6 }, (incoming) => {
    const request: unknown = JSON.parse(Buffer.concat(incoming.frames).toString("utf8"));
    if (!isObject(request)) throw new Error("a request that is no object");
    const { id, ...rest } = request;
    requests.push(rest);
    const reply = answer({ command: String(request["command"]), properties: request["properties"] });
    if (reply !== null) incoming.respond(encodeJson({ status: "ok", time: 1.5, ...reply, id }));
  });
  const out = collector(terminal);
  const err = collector(terminal);
  for (const { stream } of [out, err]) stream.on("data", () => setting.observe?.({ stdout: out.text(), stderr: err.text() }));
  const world: World = {
    argv,
    env,
    stdin: typeof stdin === "string" ? Readable.from(stdin === "" ? [] : [stdin]) : stdin,
    stdout: out.stream,
    stderr: err.stream,
    version: "1.2.3",
    isListening: async () => setting.listening ?? false,
    openTransport: async () => transport,
    run: async () => ({ ended: Promise.resolve({ how: "exit code 255", said: "no route to host" }), end: () => undefined }),
    ask: async ({ group, heard }) => {
      if (setting.network === undefined) return { ok: false, failure: "no network device sends multicast" };
      for (const [text, host] of setting.network(`${group.host}:${group.port}`)) heard(text, host);
      return { ok: true, value: undefined };
    },
    importConfiguration: setting.import ?? (async (file) => ({ ok: false, failure: `Cannot import "${file}": no such file` })),
    onInterrupt: () => setting.interrupt ?? new AbortController().signal,
  };
  // A network of memory holds no socket that would keep the test alive until a timeout.
  const alive = setInterval(() => undefined, 60_000);
  const code = await runCircusctl(world);
  clearInterval(alive);
  await server.close();
  return { code, stdout: out.text(), stderr: err.text(), requests };
}

/** A refusal as the daemon writes it. */
export function refusal(reason: string, errno = 3): object {
  return { status: "error", reason, tb: null, errno };
}
