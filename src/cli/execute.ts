/** Sends a command and prints what comes of it. */
import type { RawReply } from "../client/call.js";
import { renderRefusal, type Command, type Input } from "./command.js";
import { reportFailure, type Session } from "./session.js";
import { styleOf } from "./terminal.js";
import type { Output } from "./world.js";

/** Carries out a command and prints what comes of it. @returns the exit code */
export async function execute(session: Session, command: Command, input: Input): Promise<number> {
  const request = command.request(input);
  const { stderr } = session.world;
  if (!request.ok) return refuseInput(command, request.failure, stderr);
  try {
    if (command.name === "listen") {
      if (session.server !== null) return refuseListening(session.server, stderr);
      const { listen } = await import("./listening.js");
      return await listen(session, input.words);
    }
    if (command.name === "tail") {
      const [{ tail }, { readTailing }] = await Promise.all([import("./tailing.js"), import("./render/tail.js")]);
      const asked = readTailing(input);
      if (!asked.ok) return await refuseInput(command, asked.failure, stderr);
      return await tail(session, asked.value);
    }
    const signal = session.interrupt();
    const raw = await session.client.send(
      command.name,
      { ...request.value },
      { timeout: session.settings.timeout, ...(signal ? { signal } : {}) },
    );
    return await print(session, command, raw);
  } catch (cause) {
    return reportFailure(cause, stderr);
  }
}

/** Events are published rather than answered, so no daemon can hand them on. */
function refuseListening(server: string, stderr: Output): number {
  stderr.write(`Cannot listen at "${server}" by way of another server: name its own endpoint with --endpoint\n`);
  return 1;
}

/** Tells what is wrong with the words after a command. @returns the exit code */
export async function refuseInput(command: Command, failure: string, stderr: Output): Promise<number> {
  const { synopsis } = await import("./help.js");
  stderr.write(`${failure}\nusage: ${synopsis(command)}\n`);
  return 1;
}

async function print(session: Session, command: Command, { text, reply }: RawReply): Promise<number> {
  const { env, stdout, stderr } = session.world;
  const style = styleOf(stdout, env);
  const refusal = renderRefusal(command, reply);
  if (session.settings.json) {
    const { prettyJson } = await import("./json.js");
    stdout.write(`${session.settings.prettify ? prettyJson(reply, style) : text}\n`);
  } else if (refusal === null) stdout.write(`${command.render(reply, style)}\n`);
  else stderr.write(`${refusal}\n`);
  return refusal === null ? 0 : 3;
}
