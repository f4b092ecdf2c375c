/** `circuit peek`, `circuit wait` and `circuit waitall`: how elements are, and when they have ended. */
import { Refusal, report } from "./failure.js";
import { goJson } from "./go-json.js";
import { write } from "./output.js";
import { anchorOf, elementAt, isRoot, readGlob, type Session } from "./session.js";

/** Prints how an element is; `null` where there is none. */
export async function peek(session: Session): Promise<number> {
  const { words, world, signal } = session;
  const stat = isRoot(readGlob(words[0] ?? "").path) ? null : (await (await anchorOf(session, words[0])).peek({ signal })).stat;
  await write(world.stdout, `${goJson(asCircuit(stat))}\n`);
  return 0;
}

/** Waits until a process or a container has ended, and prints how. */
export async function wait(session: Session): Promise<number> {
  const element = await elementAt(session, ["process", "container"]);
  const stat = await element.wait({ signal: session.signal });
  await write(session.world.stdout, `${goJson(asCircuit(stat))}\n`);
  return session.flags.has("exit-code") ? exitCode(stat) : 0;
}

/** Waits for all that the standard input names, one path a line. */
export async function waitAll(session: Session): Promise<number> {
  const { world, signal } = session;
  const { readAll } = await import("./input.js");
  const paths = (await readAll(session))
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (paths.length === 0) throw new Refusal("waitall reads paths of processes from its standard input, one a line: there were none");
  const codes = await Promise.all(
    paths.map(async (path) => {
      try {
        await (await elementAt(session, ["process", "container"], path)).wait({ signal });
        return 0;
      } catch (cause) {
        if (signal.aborted) throw cause;
        return report(cause, world.stderr);
      }
    }),
  );
  return Math.max(...codes);
}

/** A process has it as `ExitCode`, a container in its `State`. */
function exitCode(stat: Readonly<Record<string, unknown>>): number {
  const state = stat["State"];
  const code = stat["ExitCode"] ?? (typeof state === "object" && state !== null && "ExitCode" in state ? state.ExitCode : null);
  return typeof code === "number" ? code : 1;
}

/** Circuit's tool prints every field of a command, those that were not given too. */
function asCircuit(stat: unknown): unknown {
  if (typeof stat !== "object" || stat === null || !("Cmd" in stat) || typeof stat.Cmd !== "object") return stat;
  const { Env, Dir, Path, Args, Scrub, ...more } = { Env: null, Dir: "", Path: "", Args: null, Scrub: false, ...stat.Cmd };
  return { ...stat, Cmd: { Env, Dir: Dir ?? "", Path, Args, Scrub, ...more } };
}
