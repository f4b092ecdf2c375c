/** The first half of a restart: everything down, and the addresses of the next configuration in place of the present ones. */
import type { Config } from "../core/spec.js";
import { CommandError, ERRNO } from "../wire/contract.js";
import type { Fleet } from "./fleet.js";
import type { Premises } from "./premises.js";
import type { Runner } from "./runner.js";

export interface Estate {
  readonly watchers: { inOrder(): readonly Pick<Runner, "isUp" | "command">[] };
  readonly fleet: Pick<Fleet, "stop">;
  readonly premises: Pick<Premises, "prepare" | "move" | "discard">;
  /** What there is to go back to. */
  readonly present: Config;
  /** @throws CommandError where everything is being stopped, so that nothing is to come up again */
  readonly guard: () => void;
  /** There is no going back either: a daemon that cannot be reached any more had better end, loudly. */
  readonly giveUp: (failure: Error) => void;
}

/** @throws CommandError where that cannot be; what ran before runs on or is started again then */
export async function replace(next: Config, estate: Estate): Promise<void> {
  const { watchers, fleet, premises, guard } = estate;
  const up = watchers.inOrder().filter(({ isUp }) => isUp);
  const move = await premises.prepare(next).catch((cause: unknown) => {
    throw cannotRestart(cause);
  });
  try {
    guard();
    const stuck = await fleet.stop();
    guard();
    if (stuck.length > 0) throw cannotRestart(new Error(`${stuck.map((name) => `"${name}"`).join(", ")} did not stop`));
  } catch (cause) {
    await premises.discard(move);
    startAgain(up);
    throw cause;
  }
  try {
    await premises.move(move);
  } catch (cause) {
    await goBack(estate);
    startAgain(up);
    throw cannotRestart(cause);
  }
  guard();
}

async function goBack({ premises, present, giveUp }: Estate): Promise<void> {
  try {
    await premises.move(await premises.prepare(present));
  } catch (cause) {
    giveUp(new Error(`Cannot go back to the configuration before the restart: ${textOf(cause)}`, { cause }));
  }
}

/** Those that are stuck come when their stop is done; nobody waits for them here. */
function startAgain(runners: readonly Pick<Runner, "command">[]): void {
  for (const runner of runners) void runner.command({ kind: "start" });
}

function cannotRestart(cause: unknown): CommandError {
  return new CommandError(`Cannot restart: ${textOf(cause)}; everything goes on as it was`, ERRNO.asynchronous);
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
