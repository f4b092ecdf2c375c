/** Keeps the serf agent of a server running, with a watcher like those of circusd's other helpers. */
import { SERF_WATCHER } from "../../config/serf-watcher.js";
import type { AgentRunner } from "./serf-agent.js";
import { serfWords } from "./serf-program.js";

type Reply = Readonly<Record<string, unknown>>;

/** Sends a command to whoever has the watcher. @throws Error when no answer comes */
export type AskArbiter = (command: string, properties: Reply) => Promise<Reply>;

const SIGKILL = 9;
/** Of what it wrote last. */
const LINES = 30;

/** @param file the agent's configuration, which the watcher names */
export function watcherRunner(ask: AskArbiter, file: string): AgentRunner {
  // Whatever it refuses, such as a command while it reads its configuration, is tried again when the agent does not answer.
  const attempt = async (command: string, properties: Reply = {}): Promise<Reply> =>
    ask(command, { name: SERF_WATCHER, ...properties }).catch(() => ({}));
  const awake = async (): Promise<void> => {
    const { status } = await attempt("status");
    if (status === "stopped") await attempt("start");
  };
  return {
    file,
    async start() {
      const words = serfWords(process.env["PATH"]);
      if (!words.ok) throw new Error(`Cannot use engine serf: ${words.failure}`);
      await awake();
    },
    awake,
    async lastWords() {
      const { lines } = await attempt("tail", { lines: LINES });
      const texts = Array.isArray(lines) ? lines.map(textOf).filter((text) => /fail|error|cannot|invalid/i.test(text)) : [];
      return texts.at(-1)?.replace(/^==> /, "") ?? null;
    },
    async kill() {
      await attempt("signal", { signum: SIGKILL });
    },
    // When circusd ends it stops its watchers itself.
    async stop() {
      await attempt("stop", { waiting: true });
    },
  };
}

function textOf(line: unknown): string {
  return typeof line === "object" && line !== null && "text" in line && typeof line.text === "string" ? line.text : "";
}
