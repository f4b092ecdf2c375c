import { setOptions, type SetChange } from "../../core/options.js";
import type { WatcherSpec } from "../../core/spec.js";
import { CommandError } from "../../wire/contract.js";
import type { Handler } from "../controller.js";
import { expandEnvironment } from "../wire-options.js";
import { accepted, working } from "./outcome.js";

/** Changes options of a watcher; all are checked before any applies. */
export const set: Handler<"set"> = async (arbiter, { name, options: given }) => {
  const options = expandEnvironment(given, arbiter.parts.daemon.env);
  const runner = arbiter.watchers.get(name);
  const read = setOptions(runner.spec, options);
  if (!read.ok) throw new CommandError(read.failure);
  const { changes } = read.value;
  if (changes.some(({ key }) => key === "uid" || key === "gid")) arbiter.checkIdentity(read.value.spec);
  if (changes.some(({ effect }) => effect === "hooks")) await arbiter.checkHooks(read.value.spec);
  // Another change may stand in line before this one: it applies to what the spec is then.
  const change = (spec: WatcherSpec): WatcherSpec => {
    const again = setOptions(spec, options);
    return again.ok ? again.value.spec : spec;
  };
  const work = runner.configure(change, sequel(changes)).then((answer) => {
    accepted(answer);
    return {};
  });
  for (const _ of changes) arbiter.publish(runner, "updated");
  return working(work);
};

function sequel(changes: readonly SetChange[]): "reload" | "manage" | "nothing" {
  const effects = new Set(changes.map(({ effect }) => effect));
  if (effects.has("reload")) return "reload";
  return effects.has("manage") ? "manage" : "nothing";
}
