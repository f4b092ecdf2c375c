/** Commands that join the streams of this program with those of an element. */
import { complain } from "./failure.js";
import { inputOf } from "./input.js";
import { write } from "./output.js";
import { elementAt, type Session } from "./session.js";

export async function sendSignal(session: Session): Promise<number> {
  const [name = "", path] = session.words;
  const { signal } = session;
  await (await elementAt(session, ["process", "container"], path)).signal(name, { signal });
  return 0;
}

export async function stdin(session: Session): Promise<number> {
  const { flags, signal } = session;
  const element = await elementAt(session, ["process", "container"]);
  await element.feed(inputOf(session), { keep: flags.has("keep"), signal });
  return 0;
}

export function stdout(session: Session): Promise<number> {
  return printOutput(session, "stdout");
}

/** It goes to the standard output, as in Circuit. */
export function stderr(session: Session): Promise<number> {
  return printOutput(session, "stderr");
}

async function printOutput(session: Session, stream: "stdout" | "stderr"): Promise<number> {
  const { flags, signal, world } = session;
  const element = await elementAt(session, ["process", "container"]);
  const copy = flags.has("copy");
  const onDropped = (bytes: number): void =>
    complain(`${bytes} bytes of ${stream} are missing here: nobody had read them in time`, world.stderr);
  await pour(element[stream]({ signal, onDropped, ...(copy ? { copy, follow: false } : {}) }), session);
  return 0;
}

export async function send(session: Session): Promise<number> {
  const { signal } = session;
  await (await elementAt(session, ["channel"])).send(inputOf(session), { signal });
  return 0;
}

/** A message is acknowledged when all of it has been written. */
export async function receive(session: Session): Promise<number> {
  const { signal, world } = session;
  const element = await elementAt(session, ["channel", "@join", "@leave"]);
  await using message = element.kind === "channel" ? await element.receive({ manual: true, signal }) : await element.take({ signal });
  const isWhole = await pour(message.stream(), session);
  if (!isWhole) return 0;
  if (element.kind !== "channel" && !(await write(world.stdout, "\n"))) return 0;
  await message.acknowledge();
  return 0;
}

export async function close(session: Session): Promise<number> {
  const { signal } = session;
  await (await elementAt(session, ["channel"])).close({ signal });
  return 0;
}

/** Writes a stream to the standard output. What could not be written any more stays where it came from. @returns whether all was written */
export async function pour(stream: ReadableStream<Uint8Array>, { world, signal }: Pick<Session, "world" | "signal">): Promise<boolean> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return true;
    if (await write(world.stdout, value, signal)) continue;
    await reader.cancel("nobody reads the standard output any more");
    signal.throwIfAborted();
    return false;
  }
}
