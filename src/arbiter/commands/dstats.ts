import type { Handler } from "../controller.js";
import { done } from "./outcome.js";
import { GONE, processStats } from "../../wire/process-stats.js";

/** Figures of circusd itself. */
export const dstats: Handler<"dstats"> = ({ parts }) => {
  const info = parts.host.inspect([parts.pid], false).get(parts.pid);
  return done({ info: info === undefined ? GONE : processStats(info, parts.clock.epoch()) });
};
