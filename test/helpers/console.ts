/** A real circushttpd for one test, and pages that listen to it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { WebSocket } from "ws";
import type { ClientMessage, ServerMessage } from "../../src/web/api.js";
import { Daemon, type DaemonOptions } from "./daemon.js";
import { eventually } from "./facts.js";
import { repositoryPath } from "./root.js";
import { tempDir } from "./temp.js";

interface Cleanup {
  after(run: () => Promise<void>): void;
}

/** How long a message is waited for before the test fails, in milliseconds. */
const PATIENCE = 20_000;

/** Makes circushttpd stop when the test that started it is killed. */
const ENDS_WITH_US = ["setpriv", "--pdeathsig", "TERM"];

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** The body where it is a JSON object, else nothing. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Of a server whose certificate is this one. */
  readonly ca?: string;
}

/** Sends one request, with headers that fetch would not let through. */
export async function ask(url: string, { method = "GET", headers = {}, body, ca }: Asking = {}): Promise<Answer> {
  const text = body === undefined ? null : JSON.stringify(body);
  const typed = text === null ? headers : { "content-type": "application/json", ...headers };
  const options = { method, headers: typed, agent: false, ...(ca === undefined ? {} : { ca }) };
  const request = url.startsWith("https:") ? https.request(url, options) : http.request(url, options);
  const response = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
  });
  request.end(text ?? undefined);
  const {
    statusCode = 0,
    headers: answered,
    ...rest
  } = await response.then(async (message) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    return { statusCode: message.statusCode, headers: message.headers, body: Buffer.concat(chunks).toString("utf8") };
  });
  return { status: statusCode, headers: answered, text: rest.body, json: objectIn(rest.body) };
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

export class Console {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  ask(path: string, asking: Asking = {}): Promise<Answer> {
    return ask(`${this.url}${path}`, asking);
  }

  command(
    command: string,
    properties: object = {},
    { daemon = "local", ...asking }: Asking & { readonly daemon?: string } = {},
  ): Promise<Answer> {
    return this.ask(`/api/v1/daemons/${daemon}/commands/${command}`, { method: "POST", body: properties, ...asking });
  }

  feed(t: Cleanup, headers: Readonly<Record<string, string>> = {}): Promise<Feed> {
    return Feed.open(t, `${this.url.replace(/^http/, "ws")}/api/v1/feed`, { headers });
  }
}

/** circusd with its own circushttpd; the console is there when this resolves. */
export async function startConsole(
  t: Cleanup,
  { circus = "", ini = "", files = {} }: DaemonOptions = {},
): Promise<{ readonly daemon: Daemon; readonly console: Console }> {
  const dir = await tempDir();
  const stats = `statsd = True\nstats_endpoint = ipc://${dir.join("stats.sock")}`;
  const daemon = await Daemon.start(t, { dir, ini, files, circus: `${stats}\nhttpd = True\nhttpd_port = 0\n${circus}` });
  t.after(() => dir[Symbol.asyncDispose]());
  return { daemon, console: new Console(await addressOf(daemon)) };
}

/** Where the console of a daemon listens, once it answers. */
export async function addressOf(daemon: Daemon): Promise<string> {
  const { sockets } = await daemon.client.call("listsockets", {});
  const url = `http://localhost:${sockets.find(({ name }) => name === "circushttpd")?.port ?? 0}`;
  await eventually(
    () => ask(`${url}/healthz`).then(({ status }) => status),
    (status) => status === 200,
  );
  return url;
}

/** circushttpd as it is started by hand. */
export class HttpdProcess {
  readonly process: ChildProcess;
  stdout = "";
  stderr = "";

  constructor(t: Cleanup, args: readonly string[], cwd?: string) {
    const [program = "", ...words] = [...ENDS_WITH_US, process.execPath, repositoryPath("bin", "circushttpd.js"), ...args];
    this.process = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"], ...(cwd === undefined ? {} : { cwd }) });
    this.process.stdout?.on("data", (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.process.stderr?.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    t.after(async () => {
      if (this.process.exitCode !== null || this.process.signalCode !== null) return;
      this.process.kill("SIGCONT");
      this.process.kill("SIGTERM");
      await once(this.process, "exit");
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Once it says where it listens. */
  async listening(): Promise<Console> {
    const text = await eventually(
      () => (this.process.exitCode === null ? this.stdout : `ended: ${this.stderr}`),
      (said) => /Listening on \S+\n|^ended/.test(said),
    );
    const url = /Listening on (\S+)\/\n/.exec(text)?.[1];
    if (url === undefined) throw new Error(text);
    return new Console(url);
  }

  /** Waits for its end. @returns the exit code */
  async exit(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, "close");
    return this.process.exitCode;
  }
}

/** The server is ours: what its messages hold is what the tests are about. */
function messageIn(text: string): ServerMessage {
  const message: unknown = JSON.parse(text);
  return message as ServerMessage;
}

/** One page that listens. */
export class Feed {
  readonly messages: ServerMessage[] = [];
  readonly socket: WebSocket;
  /** How it was closed. */
  closed: { readonly code: number; readonly reason: string } | null = null;
  readonly #changed = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => {
      this.messages.push(messageIn(data.toString("utf8")));
      this.#notify();
    });
    socket.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#notify();
    });
  }

  /** @throws Error with the status where the server refuses */
  static async open(
    t: Cleanup,
    url: string,
    options: { readonly headers?: Readonly<Record<string, string>>; readonly ca?: string },
  ): Promise<Feed> {
    const socket = new WebSocket(url, options);
    const feed = new Feed(socket);
    t.after(async () => socket.terminate());
    await once(socket, "open");
    socket.on("error", () => undefined);
    return feed;
  }

  send(message: ClientMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  /** The first message that will do, among those that came and those that will. */
  async until<T extends ServerMessage["type"]>(
    type: T,
    willDo: (message: Extract<ServerMessage, { type: T }>) => boolean = () => true,
  ): Promise<Extract<ServerMessage, { type: T }>> {
    const isOne = (message: ServerMessage): message is Extract<ServerMessage, { type: T }> => message.type === type;
    const find = () => this.messages.filter(isOne).find(willDo);
    await this.#holds(() => find() !== undefined, `a message of type ${type}`);
    const found = find();
    if (found === undefined) throw new Error("internal: the message was there");
    return found;
  }

  /** Waits for its end. */
  async ended(): Promise<{ readonly code: number; readonly reason: string }> {
    await this.#holds(() => this.closed !== null, "the end of the feed");
    return this.closed ?? { code: 0, reason: "" };
  }

  #notify(): void {
    for (const look of [...this.#changed]) look();
  }

  async #holds(holds: () => boolean, what: string): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#changed.delete(look);
        reject(new Error(`Waited in vain for ${what}; came: ${this.messages.map(({ type }) => type).join(" ")}`));
      }, PATIENCE);
      const look = () => {
        if (!holds()) return;
        clearTimeout(timer);
        this.#changed.delete(look);
        resolve();
      };
      this.#changed.add(look);
    });
  }
}
