/** Sockets of a circuit, with what the typings of zeromq leave out. */
import { setImmediate as turn, setTimeout } from "node:timers/promises";
import { Context, type Dealer, Router, type Event, type Observer } from "zeromq";
import { handOver } from "./hand-over.js";

/** libzmq's number of the option, and of what is wanted of it. */
const ROUTER_NOTIFY = 97;
const NOTIFY_DISCONNECT = 2;

/** ZeroMQ sockets of one context; a link that was dialled takes three. */
const MAX_SOCKETS = 65_535;

/** Of one frame: a head of the largest size with what else was packed with it. */
export const MAX_FRAME = 2 * 1024 * 1024;

/**
 * Messages of one peer that may wait to be looked at; beyond it they stay in the connection. It is so high that only a flood
 * gets there: libzmq (4.3.5) aborts the program when a sign of life is due on a connection that was reset while the limit kept it
 * from being read.
 */
export const MAX_WAITING = 20_000;

/**
 * Signs of life in milliseconds, for both ends: what a peer promises about its own holds only until it sends anything else. One that
 * died right after an answer is asked again when most of the time is over, and given up at the end of it.
 */
export function signsOfLife(silence: number): { readonly heartbeatInterval: number; readonly heartbeatTimeout: number } {
  const heartbeatInterval = Math.ceil(silence * 0.6);
  return { heartbeatInterval, heartbeatTimeout: silence - heartbeatInterval };
}

/** Milliseconds for which messages are taken in one turn of the event loop. */
const TURN = 10;

/** Milliseconds for which what was sent already may still leave after a link is closed. */
export const LINGER = 1000;

/** Milliseconds between the attempts to watch a socket. */
const OBSERVE = { attempts: 50, pause: 5 };

export function makeContext(): Context {
  return new Context({ maxSockets: MAX_SOCKETS });
}

/** A ROUTER that receives an empty message when a peer has gone, after everything else that came from it. */
export class NotifyingRouter extends Router {
  constructor(options: ConstructorParameters<typeof Router>[0]) {
    super(options);
    this.setInt32Option(ROUTER_NOTIFY, NOTIFY_DISCONNECT);
  }
}

/**
 * What tells of a socket's events; where there is none to be had the socket is closed. zeromq names it by its place in memory,
 * and the place may have belonged to one that is not quite gone, so it is asked for again.
 * @throws Error
 */
export async function observe(socket: Dealer | Router): Promise<Observer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return socket.events;
    } catch (cause) {
      if (attempt < OBSERVE.attempts && cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE")
        await setTimeout(OBSERVE.pause);
      else {
        socket.close();
        throw cause;
      }
    }
  }
}

/**
 * Tells every event of a socket until the socket is closed. It must go on for so long: libzmq blocks for ever when it has
 * something to tell and the reader is gone.
 * @param context of the socket, returned so that it stays for so long: zeromq shuts one down that nobody refers to any more, and
 * then the end is never told
 */
export async function watch(events: Observer, context: Context, onEvent: (event: Event) => void): Promise<Context> {
  while (!events.closed) {
    let event: Event;
    try {
      event = await events.receive();
    } catch {
      // The socket was closed meanwhile.
      return context;
    }
    // A reader that is closed while it waits gets nothing.
    if (event !== undefined) onEvent(event);
  }
  return context;
}

/**
 * Tells every message of a socket until the socket is closed. Where there are always more of them the event loop turns none
 * the less: what was answered leaves, and others have their turn.
 */
export async function receive(socket: Dealer | Router, onMessage: (frames: readonly Buffer[]) => void): Promise<void> {
  let turned = performance.now();
  while (!socket.closed) {
    let frames: readonly Buffer[];
    try {
      frames = await socket.receive();
    } catch (cause) {
      // Closing ends the wait with an error; anything else would repeat for ever.
      if (socket.closed) return;
      throw cause;
    }
    handOver(() => onMessage(frames));
    if (performance.now() - turned < TURN) continue;
    await turn();
    turned = performance.now();
  }
}

/** What cannot leave has nobody who waits for it: the end of the link is told by other means. */
export function ignoreLost(): void {}
