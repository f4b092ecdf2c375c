/** Opens one socket step by step: what it is, where it is bound, whether it receives. */
import { unlinkSync } from "node:fs";
import { fail, succeed, type Result } from "../core/result.js";
import type { SocketSpec } from "../core/spec.js";
import { FAMILIES, OPTIONS, TYPES, type Errno, type SocketCalls } from "./native-sockets.js";
import { explain, type BindStep } from "./socket-failure.js";
import type { Place } from "./socket-place.js";

/** A socket to be opened: where, and as what. */
export interface Plan {
  readonly spec: SocketSpec;
  readonly protocol: number;
  readonly place: Place;
}

/** `receives`: bound and listening; `reserves`: holds the port of a stream socket, refuses clients; `idle`: not bound. */
export type Role = "receives" | "reserves" | "idle";

/** Opens one socket; on a failure nothing of it stays open. The failure is the reason alone. */
export function openSocket(calls: SocketCalls, plan: Plan, role: Role): Result<number, string> {
  const { spec, protocol, place } = plan;
  const made = calls.socket({ family: FAMILIES[spec.family], type: TYPES[spec.type], protocol, blocking: spec.blocking });
  if (!made.ok) return fail(explain(spec, "socket", made.failure));
  const fd = made.value;
  for (const { step, run } of stepsOf(calls, plan, role)) {
    const done = run(fd);
    if (done.ok) continue;
    calls.close(fd);
    if (step === "listen" && place.kind === "path") removeFile(place.path);
    return fail(explain(spec, step, done.failure));
  }
  return succeed(fd);
}

/** Takes an open socket of that role on to receiving; the failure is the reason alone. */
export function makeReceive(
  calls: SocketCalls,
  plan: Plan,
  { fd, role }: { readonly fd: number; readonly role: Role },
): Result<void, string> {
  const done = stepsOf(calls, plan, role).length;
  for (const { step, run } of stepsOf(calls, plan, "receives").slice(done)) {
    const ran = run(fd);
    if (!ran.ok) return fail(explain(plan.spec, step, ran.failure));
  }
  return succeed(undefined);
}

interface Step {
  readonly step: BindStep;
  readonly run: (fd: number) => Result<void, Errno>;
}

/** The steps of a lesser role are the first of those of a greater one. */
function stepsOf(calls: SocketCalls, plan: Plan, role: Role): readonly Step[] {
  const { spec, place } = plan;
  const steps: Step[] = [{ step: "socket", run: (fd) => calls.enable(fd, OPTIONS.SO_REUSEADDR) }];
  if (spec.soReuseport && place.kind === "internet") steps.push({ step: "socket", run: (fd) => calls.enable(fd, OPTIONS.SO_REUSEPORT) });
  const device = spec.interface;
  if (device !== null && place.kind === "internet") steps.push({ step: "interface", run: (fd) => calls.bindToDevice(fd, device) });
  if (role === "idle") return steps;
  steps.push({ step: "bind", run: (fd) => (place.kind === "path" ? bindWithUmask(calls, fd, plan) : calls.bind(fd, place.bytes)) });
  if (role === "receives" && (spec.type === "SOCK_STREAM" || spec.type === "SOCK_SEQPACKET")) {
    steps.push({ step: "listen", run: (fd) => calls.listen(fd, spec.backlog) });
  }
  return steps;
}

/** The mode of a unix socket's file comes from the umask of this process alone, so it is set for that one call. */
function bindWithUmask(calls: SocketCalls, fd: number, plan: Plan): Result<void, Errno> {
  const before = process.umask(plan.spec.umask);
  try {
    return calls.bind(fd, plan.place.bytes);
  } finally {
    process.umask(before);
  }
}

/** Removes the file of a unix socket, where there is one. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone already, or the directory is closed to us: there is nothing left that we could remove.
  }
}
