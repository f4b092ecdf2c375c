/** Commands that make elements, and those that take them away. */
import { commandSchema, containerSchema } from "../../wire/circuit/contract.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import { FIELDS } from "../../wire/circuit/values.js";
import { Refusal } from "./failure.js";
import { readJson } from "./input.js";
import { anchorOf, elementAt, type Session } from "./session.js";

const PROCESS = { schema: commandSchema, fields: FIELDS.command, example: '{"Path": "/bin/ls", "Args": ["/"]}' };
const CONTAINER = { schema: containerSchema, fields: FIELDS.container, example: '{"Image": "debian", "Path": "/bin/ls", "Args": ["/"]}' };

/** Milliseconds: what is killed has a while to end by itself. */
const KILLING = 30_000;

export async function makeProcess(session: Session): Promise<number> {
  const command = await readJson(session, PROCESS);
  const anchor = await anchorOf(session, session.words[0]);
  await anchor.makeProc(session.flags.has("scrub") ? { ...command, Scrub: true } : command, { signal: session.signal });
  return 0;
}

export async function makeContainer(session: Session): Promise<number> {
  const run = await readJson(session, CONTAINER);
  const anchor = await anchorOf(session, session.words[0]);
  await anchor.makeDocker(session.flags.has("scrub") ? { ...run, Scrub: true } : run, { signal: session.signal });
  return 0;
}

export async function makeChannel(session: Session): Promise<number> {
  const [path, word = ""] = session.words;
  if (!/^\d+$/.test(word)) throw new Refusal(`mkchan takes the number of messages that the channel holds, not "${word}"`, 2);
  await (await anchorOf(session, path)).makeChan(Number(word), { signal: session.signal });
  return 0;
}

export async function makeNameserver(session: Session): Promise<number> {
  const [path, address = ""] = session.words;
  await (await anchorOf(session, path)).makeNameserver(address, { signal: session.signal });
  return 0;
}

export async function makeOnJoin(session: Session): Promise<number> {
  await (await anchorOf(session, session.words[0])).makeOnJoin({ signal: session.signal });
  return 0;
}

export async function makeOnLeave(session: Session): Promise<number> {
  await (await anchorOf(session, session.words[0])).makeOnLeave({ signal: session.signal });
  return 0;
}

export async function setRecord(session: Session): Promise<number> {
  const [path, record = ""] = session.words;
  const { signal } = session;
  await (await elementAt(session, ["nameserver"], path)).set(record, { signal });
  return 0;
}

export async function unsetName(session: Session): Promise<number> {
  const [path, name = ""] = session.words;
  const { signal } = session;
  await (await elementAt(session, ["nameserver"], path)).unset(name, { signal });
  return 0;
}

export async function scrub(session: Session): Promise<number> {
  const { flags, signal } = session;
  const anchor = await anchorOf(session, session.words[0]);
  const kill = flags.has("kill");
  const isForced = flags.has("force");
  const existed = await anchor.scrub({ kill, signal, ...(kill ? { deadline: KILLING } : {}) }).catch((cause: unknown) => {
    // An anchor goes with the last element of it: nothing stands there either.
    if (isForced && cause instanceof CircuitError && cause.code === "no-such-anchor") return false;
    throw cause;
  });
  if (existed || isForced) return 0;
  throw new Refusal(`Cannot scrub "${anchor.path}": nothing stands there`);
}
