/** Asks the kernel whether job control has stopped a child of ours, or let it go on. */
import koffi from "koffi";
import type { Pid } from "../core/ports.js";

/** What has happened to that child last and was not asked for yet; null where nothing has. */
export type LookForStop = (pid: Pid) => "stopped" | "continued" | null;

const P_PID = 1;
const WNOHANG = 1;
const WSTOPPED = 2;
const WCONTINUED = 8;
const CLD_STOPPED = 5;
const CLD_CONTINUED = 6;
/** Where siginfo_t has si_code and si_pid on 64-bit machines, and more than it takes. */
const SI_CODE = 8;
const SI_PID = 16;
const ROOM = 512;

/** Binds waitid(2). It is asked about one child at a time and never about deaths, so it takes no news from anybody else. */
export function loadStops(): LookForStop {
  const waitid: (type: number, id: number, info: Buffer, options: number) => number = koffi
    .load(null)
    .func("int waitid(int, int, void *, int)");
  const info = Buffer.alloc(ROOM);

  const look = (pid: Pid): number | null => {
    info.fill(0, 0, SI_PID + 4);
    if (waitid(P_PID, pid, info, WNOHANG | WSTOPPED | WCONTINUED) < 0) return null;
    return info.readInt32LE(SI_PID) === 0 ? null : info.readInt32LE(SI_CODE);
  };
  return (pid) => {
    const code = look(pid);
    if (code === CLD_STOPPED) return "stopped";
    return code === CLD_CONTINUED ? "continued" : null;
  };
}
