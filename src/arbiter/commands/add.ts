import { watcherFromWire } from "../../core/options.js";
import { CommandError } from "../../wire/contract.js";
import type { Handler } from "../controller.js";
import { expandEnvironment } from "../wire-options.js";
import { accepted, done, startInfo, working } from "./outcome.js";

/** Adds a watcher, and starts it where asked. */
export const add: Handler<"add"> = async (arbiter, properties) => {
  const { endpointOwner, endpoint } = arbiter.config.arbiter;
  const given = properties.options ?? {};
  const spec = watcherFromWire({ ...properties, options: expandEnvironment(given, arbiter.parts.daemon.env) });
  if (!spec.ok) throw new CommandError(spec.failure);
  if (endpointOwner !== null && endpoint.startsWith("ipc://") && String(spec.value.uid) !== endpointOwner) {
    throw new CommandError(`uid must be the endpoint_owner "${endpointOwner}"`);
  }
  if (arbiter.watchers.has(spec.value.name)) throw new CommandError(`'${spec.value.name}' already exist`, 5);
  arbiter.checkIdentity(spec.value);
  await arbiter.checkHooks(spec.value);
  const runner = arbiter.add(spec.value);
  arbiter.publish(runner, "add");
  if (properties.start !== true) return done({});
  return working(runner.command({ kind: "start" }).then((answer) => startInfo(accepted(answer).changed)));
};
