/** The system log as a log target: a datagram a line, to a unix socket or over UDP, in the form of RFC 3164. */
import { createSocket, type Socket } from "node:dgram";
import { statSync } from "node:fs";
import { isIPv6 } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fail, succeed, type Result } from "../../core/result.js";
import type { SyslogAddress } from "./setup.js";
import type { Sink } from "./sink.js";
import { openUnixDatagrams } from "./native-send.js";

const RETRY = 20;
const RETRIES_AT_CLOSE = 25;

/** Fails when the local socket is not there; a remote host that is not there cannot be noticed over UDP. */
export function syslogSink(address: SyslogAddress, facility: number): Result<Sink, string> {
  return "path" in address ? localSink(address.path, facility) : succeed(remoteSink(address, facility));
}

/** Priority and text; the unix forms of Circus end with a zero byte, which receivers only strip again. */
function packet(line: string, severity: number, facility: number): Buffer {
  return Buffer.from(`<${facility * 8 + level(severity)}>${line}`);
}

function level(severity: number): number {
  if (severity >= 50) return 2;
  if (severity >= 40) return 3;
  if (severity >= 30) return 4;
  return severity >= 20 ? 6 : 7;
}

function localSink(path: string, facility: number): Result<Sink, string> {
  try {
    if (!statSync(path).isSocket()) return fail(`Cannot log to "${path}": it is not a socket`);
    const target = openUnixDatagrams(path);
    return succeed({
      write(line, severity) {
        target.send(packet(line, severity, facility));
      },
      reopen() {
        /* Every message looks the path up anew. */
      },
      close() {
        target.close();
        return Promise.resolve();
      },
    });
  } catch (error) {
    return fail(`Cannot log to "${path}": ${error instanceof Error ? error.message : String(error)}`);
  }
}

function remoteSink(address: { readonly host: string; readonly port: number }, facility: number): Sink {
  const socket: Socket = createSocket(isIPv6(address.host) ? "udp6" : "udp4");
  let pending = 0;
  /* A name that does not resolve or a refused packet is the fate of that line alone. */
  socket.on("error", () => undefined);
  socket.unref();
  return {
    write(line, severity) {
      pending += 1;
      socket.send(packet(line, severity, facility), address.port, address.host, () => {
        pending -= 1;
      });
    },
    reopen() {
      /* Nothing is kept open that could be moved away. */
    },
    async close() {
      for (let round = 0; pending > 0 && round < RETRIES_AT_CLOSE; round += 1) await sleep(RETRY);
      socket.close();
    },
  };
}
