/** Bound sockets, and the clients and servers that try them, for tests. */
import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once, type EventEmitter } from "node:events";
import { readdirSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { createInterface } from "node:readline";
import type { BoundSocket, Sockets } from "../../src/core/ports.js";
import type { SocketSpec } from "../../src/core/spec.js";
import { repositoryPath } from "./root.js";

interface Cleanup {
  after(run: () => Promise<void> | void): void;
}

/** A complete spec for tests that do not care for most of it: a TCP socket on a free port of 127.0.0.1. */
export function socketSpec(changes: Partial<SocketSpec> = {}): SocketSpec {
  return {
    name: "web",
    family: "AF_INET",
    type: "SOCK_STREAM",
    proto: null,
    host: "127.0.0.1",
    port: 0,
    path: null,
    backlog: 128,
    soReuseport: false,
    interface: null,
    umask: 0o10,
    replace: false,
    blocking: false,
    ...changes,
  };
}

/** Binds, and closes when the test ends. */
export async function bindFor(t: Cleanup, sockets: Sockets, spec: SocketSpec): Promise<BoundSocket> {
  const bound = await sockets.bind(spec);
  assert.ok(bound.ok, bound.ok ? "" : bound.failure);
  t.after(() => bound.value.close());
  return bound.value;
}

/** The reason why it cannot be bound. */
export async function failureOf(sockets: Sockets, spec: SocketSpec): Promise<string> {
  const bound = await sockets.bind(spec);
  if (!bound.ok) return bound.failure;
  bound.value.close();
  assert.fail("it was bound");
}

/** Port of a bound internet socket. */
export function portOf(bound: BoundSocket): number {
  assert.ok("port" in bound.address);
  return bound.address.port;
}

/** Starts a fixture with `fd` as its descriptor 3, waits until it says that it is ready, and ends it with the test. */
export async function serveWith(t: Cleanup, fd: number, command: readonly [string, string, ...string[]]): Promise<ChildProcess> {
  const [program, fixture, ...args] = command;
  const child = spawn(program, [repositoryPath("test", "fixtures", fixture), ...args], { stdio: ["ignore", "pipe", "inherit", fd] });
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  assert.ok(child.stdout);
  const line = await firstOf(createInterface({ input: child.stdout }), "line");
  assert.equal(line, "ready");
  return child;
}

/** Waits for an event and gives the first of its values. */
export async function firstOf(emitter: EventEmitter, event: string): Promise<unknown> {
  const values: readonly unknown[] = await once(emitter, event);
  return values[0];
}

/** Body of the answer to a GET of "/". */
export async function get(where: { readonly host: string; readonly port: number } | { readonly socketPath: string }): Promise<string> {
  const request = http.get({ ...where, path: "/", agent: false });
  const response = await firstOf(request, "response");
  assert.ok(response instanceof http.IncomingMessage);
  response.setEncoding("utf8");
  let body = "";
  for await (const chunk of response) body += String(chunk);
  return body;
}

/** Sends "ping" over TCP or a unix stream and gives what comes back until the other side closes. */
export async function ask(where: net.NetConnectOpts): Promise<string> {
  const socket = net.connect(where);
  socket.setEncoding("utf8");
  socket.write("ping");
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}

/** Why tests with Python cannot run here, or false. */
export function withoutPython(): string | false {
  return spawnSync("python3", ["-c", ""]).status === 0 ? false : "there is no python3";
}

/** Open descriptors of this process, by what they are; those of the listing itself left out. */
export function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}
