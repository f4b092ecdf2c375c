import type { Pid } from "../../core/ports.js";
import { CommandError, ERRNO } from "../../wire/contract.js";
import type { Handler } from "../controller.js";
import { readSignal } from "./kill.js";
import { done } from "./outcome.js";

/** Sends a signal to processes of a watcher, to their children, or to both. */
export const signal: Handler<"signal"> = async (arbiter, properties) => {
  const runner = arbiter.watchers.get(properties.name);
  const { number } = readSignal(properties.signum);
  const { pid, childpid, children = false, recursive = false } = properties;
  const leaders = pid === undefined ? runner.pids : runner.pids.filter((own) => own === pid);
  const { host } = arbiter.parts;
  const below = (leader: Pid) => host.children(leader, recursive);
  if (childpid !== undefined) {
    const [leader] = leaders;
    if (leader === undefined || !host.children(leader, true).includes(childpid))
      throw new CommandError(`process ${childpid} is no child of ${pid ?? "a process"} in '${properties.name}'`);
    send(host.signal(childpid, number));
    return done({});
  }
  if (children && pid !== undefined && leaders.length === 0)
    throw new CommandError(`process ${pid} not found in '${properties.name}'`, ERRNO.conflict);
  for (const leader of leaders) {
    if (children) for (const child of below(leader)) send(host.signal(child, number));
    else for (const sent of await runner.signals.forward(leader, number, () => (recursive ? below(leader) : []))) send(sent);
  }
  return done({});
};

function send(sent: { readonly ok: true } | { readonly ok: false; readonly failure: { readonly code: string } }): void {
  // One that has died since the list was made needs no signal.
  if (!sent.ok && sent.failure.code !== "ESRCH") throw new CommandError(`Cannot send the signal: ${sent.failure.code}`, ERRNO.os);
}
