/** One attempt to reach a listener: at one address, with one key. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setImmediate as turn } from "node:timers/promises";
import { Dealer, type Context, type Event } from "zeromq";
import { fail, succeed, type Result } from "../../core/result.js";
import { unpackMessage } from "../circuit/codec.js";
import type { ClusterKey, DialFailure, Link } from "../circuit/link.js";
import { dialingPair, isProven, listeningPair, proofOf } from "./curve.js";
import { helloFrames, readWelcome } from "./greeting.js";
import { ignoreLost, LINGER, MAX_FRAME, MAX_WAITING, observe, receive, signsOfLife, watch } from "./sockets.js";
import { ZmqLink } from "./zmq-link.js";

export interface Target {
  /** As it was asked for. */
  readonly endpoint: string;
  /** With an IP address in it. */
  readonly at: string;
  /** Null for no encryption. */
  readonly key: ClusterKey | null;
  readonly silence: number;
}

export interface Patience {
  /** By `performance.now()`. */
  readonly until: number;
  /** Milliseconds that the whole dial was given, for the message. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Milliseconds until libzmq connects again, which nobody waits for. With a socket that never does, libzmq would drop what was
 * received and not yet read when the connection ends.
 */
const RECONNECT = 24 * 60 * 60 * 1000;

/**
 * Two sides of which one has a key and the other has none hang up on each other, and who is first is a matter of luck. The
 * other one cannot tell that from a program that dies just then, unless it asks again.
 */
export async function attempt(context: Context, target: Target, patience: Patience): Promise<Result<Link, DialFailure>> {
  try {
    const outcome = await attemptOnce(context, target, patience);
    if (outcome.ok || outcome.failure.message !== messageOf(target.endpoint, hungUp(target.key !== null))) return outcome;
    return await attemptOnce(context, target, patience);
  } catch (cause) {
    // There are too many open files, or libzmq finds a fault with the address.
    return fail({ kind: "unreachable", message: messageOf(target.endpoint, cause instanceof Error ? cause.message : String(cause)) });
  }
}

function messageOf(endpoint: string, why: string): string {
  return `Cannot reach "${endpoint}": ${why}`;
}

async function attemptOnce(context: Context, target: Target, { until, timeout, signal }: Patience): Promise<Result<Link, DialFailure>> {
  const { endpoint, key } = target;
  const id = randomBytes(16).toString("hex");
  const socket = makeDealer(context, target, id);
  const events = await observe(socket);
  return new Promise((resolve) => {
    let farewell: NodeJS.Timeout | null = null;
    const hangUp = (): void => {
      if (farewell !== null) clearTimeout(farewell);
      if (socket.closed) return;
      socket.linger = 0;
      socket.close();
    };
    const link = new ZmqLink(endpoint, {
      transmit(frames) {
        if (!socket.closed) socket.send([...frames]).catch(ignoreLost);
      },
      part(how) {
        if (how === "heard") hangUp();
        else farewell = setTimeout(hangUp, LINGER);
      },
    });
    let received = 0;
    let isLinked = false;

    const settle = (outcome: Result<Link, DialFailure>): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
      if (!outcome.ok) hangUp();
      resolve(outcome);
    };
    const giveUp = (kind: DialFailure["kind"], why: string): void => settle(fail({ kind, message: messageOf(endpoint, why) }));
    const cancel = (): void => giveUp("cancelled", "the attempt was cancelled");
    const timer = setTimeout(() => giveUp("timeout", `no answer within ${timeout / 1000} s`), until - performance.now());
    signal?.addEventListener("abort", cancel);

    const greeted = (frames: readonly Buffer[]): void => {
      const welcome = readWelcome(frames);
      if (!welcome.ok)
        return giveUp("unreachable", welcome.failure === "full" ? "it has too many links already" : "no circuit server is there");
      if (key !== null && !isProven(welcome.value, proofOf(key, Buffer.from(id)))) return giveUp("refused-key", OTHER_KEY);
      isLinked = true;
      settle(succeed(link));
    };
    const ended = async (): Promise<void> => {
      let before: number;
      // What came before the end may still stand in the socket; two turns of the event loop bring it up.
      do {
        before = received;
        await turn();
        await turn();
      } while (before !== received);
      if (isLinked) link.lost(`The connection to "${endpoint}" broke, or nothing came for ${target.silence / 1000} s`);
      else giveUp("unreachable", "the connection broke");
      hangUp();
    };

    void watch(events, context, (event) => {
      if (event.type === "disconnect") void ended();
      const why = isLinked ? null : reasonOf(event, key !== null);
      if (why !== null) giveUp(...why);
    });
    void receive(socket, (frames) => {
      received += 1;
      if (farewell !== null) {
        if (isBye(frames)) hangUp();
      } else if (isLinked) link.receive(frames);
      else greeted(frames);
    });
    socket.connect(target.at);
    socket.send([...helloFrames(`pid ${process.pid} on ${hostname()}`)]).catch(ignoreLost);
    if (signal?.aborted) cancel();
  });
}

/** Whether the other end has read everything up to the good-bye. */
function isBye(frames: readonly Buffer[]): boolean {
  const packets = unpackMessage(frames);
  return packets.ok && packets.value.some(({ kind }) => kind === "bye");
}

/** Another key than the listener's is refused in so many words, so it is none of these. */
function hungUp(hasKey: boolean): string {
  return hasKey
    ? "whoever is there hung up: it has no key, or is no circuit server"
    : "whoever is there hung up: it wants a key, or is no circuit server; give the circuit's key file";
}

const OTHER_KEY = "the server there has another key; compare the key files";

/** What an event means before there is a link; null where it is no bad news. */
function reasonOf({ type }: Event, hasKey: boolean): [DialFailure["kind"], string] | null {
  if (type === "handshake:error:auth") return ["refused-key", OTHER_KEY];
  if (type === "handshake:error:protocol") {
    return ["refused-key", hasKey ? "whoever is there has no key" : "the server there wants a key; give the circuit's key file"];
  }
  if (type === "handshake:error:other") return ["refused-key", hungUp(hasKey)];
  return type === "close" || type === "connect:retry" ? ["unreachable", "nobody listens there, or the way to it is closed"] : null;
}

function makeDealer(context: Context, { at, key, silence }: Target, id: string): Dealer {
  const pair = key === null ? null : dialingPair(key);
  return new Dealer({
    context,
    // How long all of it may take is watched over above.
    handshakeInterval: 0,
    ipv6: at.includes("["),
    // For a program that ends without waiting. Otherwise the socket is open until the other end has said good-bye: one that
    // lingers is not read, and so is in the danger that MAX_WAITING speaks of.
    linger: LINGER,
    maxMessageSize: MAX_FRAME,
    receiveHighWaterMark: MAX_WAITING,
    reconnectInterval: RECONNECT,
    routingId: id,
    sendHighWaterMark: 0,
    sendTimeout: 0,
    ...signsOfLife(silence),
    ...(pair === null ? {} : { curveServerKey: listeningPair().publicKey, curvePublicKey: pair.publicKey, curveSecretKey: pair.secretKey }),
  });
}
