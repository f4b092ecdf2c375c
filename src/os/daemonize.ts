/**
 * Going to the background: the program starts itself again as leader of a session of its own, without a terminal and
 * with /dev/null as its standard streams, and the first process waits until the second says how its start went.
 * The working directory and the umask stay as they are, so that relative paths of the configuration keep their meaning.
 */
import { spawn } from "node:child_process";
import { handedDescriptors } from "./handed-sockets.js";

/** How the start of the background process went. */
export type DaemonNews =
  { readonly kind: "ready"; readonly pid: number } | { readonly kind: "failed"; readonly code: number; readonly message: string };

/** Marks the second process; it is removed from the environment at once, so that no worker gets it. */
const MARK = "CIRCUSD_DETACHED";

export interface DaemonReporter {
  ready(): Promise<void>;
  failed(code: number, message: string): Promise<void>;
}

/** Starts this program again in the background and resolves when it is up or has failed. Never rejects. */
export function startDetached(script: string, args: readonly string[]): Promise<DaemonNews> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
      detached: true,
      // What was handed over keeps its number.
      stdio: ["ignore", "ignore", "ignore", ...handedDescriptors({ env: process.env, pids: [process.pid] }), "ipc"],
      env: { ...process.env, [MARK]: "1" },
    });
    child.on("message", (message) => {
      const news = readNews(message);
      if (news === null) return;
      resolve(news);
      child.disconnect();
      child.unref();
    });
    child.on("error", (error) => resolve({ kind: "failed", code: 1, message: `Cannot start in the background: ${error.message}` }));
    child.on("exit", (code, signal) => {
      const end = signal === null ? `exit code ${code ?? "unknown"}` : signal;
      const message = `Cannot start in the background: the process ended with ${end} before it was ready; its log says why`;
      resolve({ kind: "failed", code: code === null || code === 0 ? 1 : code, message });
    });
  });
}

/** In the background process: tells the one that waits. Null in any other process. */
export function daemonReporter(): DaemonReporter | null {
  const marked = process.env[MARK] !== undefined;
  Reflect.deleteProperty(process.env, MARK);
  if (!marked || process.send === undefined) return null;
  return {
    ready: () => tell({ kind: "ready", pid: process.pid }),
    failed: (code, message) => tell({ kind: "failed", code, message }),
  };
}

/** The one who waits may be gone by now, which is no fault of the daemon. */
function tell(news: DaemonNews): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      if (process.connected) process.disconnect();
      resolve();
    };
    if (process.send === undefined || !process.connected) resolve();
    else process.send(news, undefined, undefined, done);
  });
}

function readNews(message: unknown): DaemonNews | null {
  if (typeof message !== "object" || message === null || !("kind" in message)) return null;
  if (message.kind === "ready" && "pid" in message && typeof message.pid === "number") return { kind: "ready", pid: message.pid };
  if (message.kind !== "failed" || !("code" in message) || !("message" in message)) return null;
  return typeof message.code === "number" && typeof message.message === "string"
    ? { kind: "failed", code: message.code, message: message.message }
    : null;
}
