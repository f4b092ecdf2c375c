import type { OptionValue } from "../../core/spec.js";
import { CommandError } from "../../wire/contract.js";
import type { Handler } from "../controller.js";
import { done } from "./outcome.js";

/** What of the arbiter's own options a client needs to know. */
export const globaloptions: Handler<"globaloptions"> = (arbiter, { option }) => {
  const { endpoint, statsEndpoint, pubsubEndpoint, checkDelay, multicastEndpoint } = arbiter.config.arbiter;
  const all: Record<string, OptionValue> = {
    endpoint,
    stats_endpoint: statsEndpoint,
    pubsub_endpoint: pubsubEndpoint,
    check_delay: checkDelay,
    multicast_endpoint: multicastEndpoint,
  };
  if (option === undefined) return done({ options: all });
  const value = Object.hasOwn(all, option) ? all[option] : undefined;
  if (value === undefined) throw new CommandError(`'${option}' not an existing option`);
  return done({ options: { [option]: value } });
};
