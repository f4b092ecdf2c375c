/** The live feed: one WebSocket that comes back by itself, and asks again for what was asked for. */
import type { TailLine } from "../../wire/contract.js";
import type { ClientMessage, ServerMessage } from "../api.js";
import { asObject } from "./requests.js";

/** Milliseconds before the first attempt to come back, and the longest between two. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 4000;

export type Follow = Omit<Extract<ClientMessage, { readonly type: "follow" }>, "type" | "id">;

export interface Follower {
  lines(lines: readonly TailLine[], missed: number): void;
  /** Why there are none, in the daemon's words. */
  problem(message: string): void;
  /** It is asked for once more: the last lines come again. */
  again(): void;
}

export interface Listener {
  message(message: ServerMessage): void;
  /** The connection to circushttpd is there, or is gone. */
  linked(up: boolean): void;
}

interface Following {
  id: number;
  readonly follow: Follow;
  readonly follower: Follower;
}

export class Feed {
  readonly #listener: Listener;
  readonly #followings = new Set<Following>();
  #socket: WebSocket | null = null;
  #daemon: string | null = null;
  #looked: string | null = null;
  #lastId = 0;
  #pause = FIRST_PAUSE;
  #timer: number | null = null;
  #away = false;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** Connects, and comes back until it is stopped. */
  start(): void {
    if (this.#socket !== null || this.#timer !== null) return;
    this.#connect();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** Tells about this daemon from now on. */
  open(daemon: string): void {
    if (daemon === this.#daemon) return;
    this.#daemon = daemon;
    this.#ask();
  }

  look(name: string | null): void {
    if (name === this.#looked) return;
    this.#looked = name;
    this.#send({ type: "look", name });
  }

  /** Has a watcher's output told. @returns what ends it */
  follow(follow: Follow, follower: Follower): () => void {
    const following: Following = { id: ++this.#lastId, follow, follower };
    this.#followings.add(following);
    this.#send({ type: "follow", id: following.id, ...follow });
    return () => {
      this.#followings.delete(following);
      this.#send({ type: "unfollow", id: following.id });
    };
  }

  #connect(): void {
    this.#timer = null;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/api/v1/feed`);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#pause = FIRST_PAUSE;
      this.#listener.linked(true);
      this.#ask();
      this.#followAgain();
    });
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    socket.addEventListener("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#timer = window.setTimeout(() => this.#connect(), this.#pause);
      this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
      this.#listener.linked(false);
    });
  }

  #ask(): void {
    if (this.#daemon !== null) this.#send({ type: "open", daemon: this.#daemon });
    if (this.#looked !== null) this.#send({ type: "look", name: this.#looked });
  }

  #receive(data: unknown): void {
    const message: unknown = typeof data === "string" ? JSON.parse(data) : null;
    if (!isServerMessage(message)) return;
    if (message.type === "output" || message.type === "problem") return this.#tell(message);
    this.#listener.message(message);
    if (message.type !== "daemon" || message.daemon !== this.#daemon) return;
    // A daemon that has come back has other processes, and knows nothing of who followed the old ones.
    if (message.up && this.#away) this.#followAgain();
    this.#away = !message.up;
  }

  #tell(message: Extract<ServerMessage, { readonly type: "output" | "problem" }>): void {
    const following = [...this.#followings].find(({ id }) => id === message.id);
    if (message.type === "output") following?.follower.lines(message.lines, message.missed);
    else following?.follower.problem(message.message);
  }

  #followAgain(): void {
    for (const following of this.#followings) {
      this.#send({ type: "unfollow", id: following.id });
      following.id = ++this.#lastId;
      following.follower.again();
      this.#send({ type: "follow", id: following.id, ...following.follow });
    }
  }

  #send(message: ClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}

const TYPES: readonly string[] = [
  "daemon",
  "state",
  "watcher",
  "gone",
  "event",
  "figures",
  "processes",
  "output",
  "problem",
] satisfies readonly ServerMessage["type"][];

/** circushttpd and its page are of one version, so a message of a known type is what that type says. */
function isServerMessage(value: unknown): value is ServerMessage {
  const { type } = asObject(value);
  return typeof type === "string" && TYPES.includes(type);
}
