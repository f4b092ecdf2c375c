/** `circuit run`: starts a program on one server or on many, is its terminal while it runs, and leaves nothing behind. */
import type { CircuitClient } from "../../../circuit/client.js";
import type { Anchor } from "../../../circuit/anchor.js";
import type { Command } from "../../../wire/circuit/contract.js";
import { Refusal } from "../failure.js";
import { inputOf } from "../input.js";
import { hasLabels, readLabels } from "../labels.js";
import { shown } from "../output.js";
import { splitPath } from "../../../circuit/path.js";
import type { Session } from "../session.js";
import { Remote } from "./remote.js";
import { rawSink, prefixedSink } from "./sink.js";
import { spread } from "./spread.js";

/** @returns the program's own exit code, the highest of many; 125 where it could not be run */
export async function run(session: Session): Promise<number> {
  const program = readProgram(session);
  const targets = await findTargets(session);
  const isMany = targets.length > 1;
  const remotes = targets.map(({ anchor, label }) => {
    const sink = isMany ? prefixedSink(session.world, `${label}| `) : rawSink(session.world);
    return new Remote(anchor, program, sink);
  });
  const stop = session.onSignal((signal) => {
    for (const remote of remotes) remote.interrupt(signal);
  });
  try {
    const codes = Promise.all(remotes.map((remote) => remote.run()));
    const isTyped = session.world.stdin.isTTY === true;
    const isFed = !session.flags.has("no-stdin") && !(isMany && isTyped);
    spread(
      isFed ? inputOf(session) : NOTHING,
      remotes.map((remote) => remote.input),
    );
    return Math.max(...(await codes));
  } finally {
    stop();
  }
}

/** A program without input. */
const NOTHING: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }) };

function readProgram({ flags, rest }: Session): Command {
  const [path, ...args] = rest ?? [];
  if (path === undefined) throw new Refusal("run takes the program behind --, as in: circuit run -- uname -a", 2);
  const variables = flags.all("env");
  const wrong = variables.find((one) => !/^[^=]+=/.test(one));
  if (wrong !== undefined) throw new Refusal(`--env takes NAME=VALUE, not "${wrong}"`, 2);
  const dir = flags.text("dir");
  // An Env of its own would replace the server's, and with it PATH; env(1) adds to it.
  const [Path, Args] = variables.length === 0 ? [path, args] : ["env", [...variables, path, ...args]];
  // Its reader may come a moment late, and must not miss what was printed before.
  const command = { Path, Args, Overflow: "block" } as const;
  return dir === null ? command : { ...command, Dir: dir };
}

interface Target {
  readonly anchor: Anchor;
  /** What its lines begin with. */
  readonly label: string;
}

async function findTargets(session: Session): Promise<readonly Target[]> {
  const { client, flags, signal, words } = session;
  const labels = readLabels(flags.all("label"));
  if (!labels.ok) throw new Refusal(labels.failure, 2);
  const isMany = flags.has("all") || flags.has("label");
  const [word] = words;
  if (isMany && word !== undefined) throw new Refusal(`run takes "${word}", or --all, or --label`, 2);
  if (isMany) return manyTargets(session, labels.value);
  if (word === undefined) {
    const { id, name } = await client.server({ signal });
    return [{ anchor: ownAnchor(client.walk([id])), label: name }];
  }
  const anchor = await client.locate(word, { signal });
  return [{ anchor: splitPath(anchor.path).length > 1 ? anchor : ownAnchor(anchor), label: word }];
}

async function manyTargets({ client, signal }: Session, labels: Readonly<Record<string, string>>): Promise<readonly Target[]> {
  const { members } = await client.members({ signal });
  const chosen = members.filter((member) => hasLabels(member.labels, labels));
  if (chosen.length === 0) throw new Refusal("No server has these labels: circuit members shows which they have");
  const isUnique = (name: string): boolean => chosen.filter((one) => one.name === name).length === 1;
  const width = Math.max(...chosen.map((one) => (isUnique(one.name) ? one.name : one.id).length));
  return chosen.map(({ id, name }) => ({
    anchor: ownAnchor(client.walk([id])),
    label: shown(isUnique(name) ? name : id).padEnd(width),
  }));
}

/** A place that nobody else uses. */
function ownAnchor(server: ReturnType<CircuitClient["walk"]>): Anchor {
  return server.walk(["run", crypto.randomUUID()]);
}
