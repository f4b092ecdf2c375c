/** The protocol of sd_notify(3): datagrams of `NAME=value` lines to whoever started the daemon and wants to know how it is. */
import type { Log, Millis, ServiceManager } from "../core/ports.js";
import { openUnixDatagrams, type UnixDatagrams } from "./log/native-send.js";

/** Variables that speak to this process alone. */
export const NOTIFY_VARIABLES = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] as const;

export interface Addressee {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Pids that stand for this process: its own, and that of the one which put it in the background. */
  readonly pids: readonly number[];
  readonly log: Pick<Log, "warning">;
}

/**
 * Finds the service manager; null where nobody wants to be told. A socket that is missing or full costs what was said,
 * and one line in the log.
 */
export function openNotify({ env, pids, log }: Addressee): ServiceManager | null {
  const address = env["NOTIFY_SOCKET"] ?? "";
  if (address === "") return null;
  const socket = open(address);
  if (socket === null) {
    log.warning(`Cannot tell the service manager how circusd is: NOTIFY_SOCKET "${address}" is no unix socket's address`);
    return null;
  }
  let complained = false;
  return {
    tell(assignments) {
      // A line end would begin another assignment.
      const lines = Object.entries(assignments).map(([name, value]) => `${name}=${value.replaceAll("\n", " ")}`);
      const taken = socket.send(Buffer.from(lines.join("\n")));
      if (!taken && !complained) log.warning(`Cannot tell the service manager how circusd is: nobody takes it at "${address}"`);
      complained = !taken;
      return taken;
    },
    monotonic: () => String(process.hrtime.bigint() / 1000n),
    watchdog: watchdogOf(env, pids),
  };
}

function open(address: string): UnixDatagrams | null {
  if (!/^[/@]./.test(address)) return null;
  try {
    return openUnixDatagrams(address);
  } catch {
    return null;
  }
}

function watchdogOf(env: Addressee["env"], pids: readonly number[]): Millis | null {
  const time = /^\d+$/.exec(env["WATCHDOG_USEC"] ?? "")?.[0];
  const pid = env["WATCHDOG_PID"] ?? "";
  const ours = pid === "" || pids.includes(Number(pid));
  return time === undefined || Number(time) === 0 || !ours ? null : Number(time) / 1000;
}
