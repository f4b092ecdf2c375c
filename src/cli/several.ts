/**
 * One command on several servers of a circuit. What only looks is asked of all at once; what changes something goes from one to the
 * next, each time when the work is done, and stops at the first that fails.
 */
import { Writable } from "node:stream";
import { encodeJson } from "../wire/codec.js";
import { looksOnly } from "../wire/effects.js";
import type { Command, Input } from "./command.js";
import { executeAdded } from "./added.js";
import { execute } from "./execute.js";
import { findServers, titleOf, type Server } from "./servers.js";
import { sessionAt, type Session } from "./session.js";
import { styleOf } from "./terminal.js";
import type { Output } from "./world.js";

/** Seconds for work that is waited for, where nobody says how long. */
const WORK_TIME = 300;

interface Outcome {
  readonly server: Server;
  readonly code: number;
  readonly out: Buffer;
  readonly err: Buffer;
}

interface Work {
  readonly values: Input["values"];
  /** Whether it changes something. */
  readonly acts: boolean;
  /** Whether the daemon that is asked may be away after it. */
  readonly ends: boolean;
  /** Carries it out on one server. @returns the exit code */
  readonly run: (session: Session) => Promise<number>;
}

/** Carries a command of circusctl out on the servers that `cluster` and `label` choose. @returns the exit code */
export async function executeOnServers(session: Session, command: Command, input: Input): Promise<number> {
  const { name } = command;
  const { stderr } = session.world;
  if (name === "listen" || (name === "tail" && input.values["follow"] === true)) {
    stderr.write(`Cannot ${name === "tail" ? "follow" : "listen at"} several servers: ask one of them\n`);
    return 1;
  }
  const acts = !looksOnly(name);
  const waits = acts && command.options.includes("waiting");
  return onServers(session, {
    values: input.values,
    acts,
    ends: name === "quit" || (name === "restart" && input.words.length === 0),
    run: (there) => execute(there, command, waits ? { ...input, values: { ...input.values, waiting: true } } : input),
  });
}

/** The same for a command that the daemons add: nobody knows what it does, so they have it one after the other. */
export async function executeAddedOnServers(
  session: Session,
  { name, words, values }: { readonly name: string; readonly words: readonly string[]; readonly values: Input["values"] },
): Promise<number> {
  return onServers(session, { values, acts: true, ends: false, run: (there) => executeAdded(there, { name, words }) });
}

async function onServers(session: Session, work: Work): Promise<number> {
  const { stdout, stderr } = session.world;
  const found = await findServers(session, work.values);
  if (typeof found === "number") return found;
  const servers = work.ends ? [...found.servers.filter(({ self }) => !self), ...found.servers.filter(({ self }) => self)] : found.servers;
  for (const server of found.lost) stderr.write(`${titleOf(server)} is lost and was left out\n`);
  const { json } = session.settings;
  const show = (outcome: Outcome): void => (json ? undefined : print(outcome, session));
  const outcomes = work.acts ? await oneByOne(session, servers, { work, show }) : await allAtOnce(session, servers, { work, show });
  if (json) {
    const { prettyJson } = await import("./json.js");
    const document = asDocument(servers, outcomes);
    stdout.write(`${session.settings.prettify ? prettyJson(document, styleOf(stdout, session.world.env)) : encodeJson(document)}\n`);
  }
  const failed = outcomes.find(({ code }) => code !== 0);
  if (work.acts && failed !== undefined) stderr.write(accountOf(servers, outcomes, failed));
  return failed === undefined && found.lost.length === 0 ? 0 : 3;
}

interface Progress {
  readonly work: Work;
  readonly show: (outcome: Outcome) => void;
}

async function oneByOne(session: Session, servers: readonly Server[], { work, show }: Progress): Promise<readonly Outcome[]> {
  const settings = "timeout" in work.values ? session.settings : { ...session.settings, timeout: WORK_TIME };
  const outcomes: Outcome[] = [];
  for (const server of servers) {
    const outcome = await carryOut({ ...session, settings }, server, work);
    outcomes.push(outcome);
    show(outcome);
    if (outcome.code !== 0) break;
  }
  return outcomes;
}

async function allAtOnce(session: Session, servers: readonly Server[], { work, show }: Progress): Promise<readonly Outcome[]> {
  const outcomes = await Promise.all(servers.map((server) => carryOut(session, server, work)));
  outcomes.forEach(show);
  return outcomes;
}

/** The command is carried out as it always is; only what it writes is kept back. */
async function carryOut(session: Session, server: Server, { run }: Work): Promise<Outcome> {
  const { env, stdout, stderr } = session.world;
  const [out, err] = [keep(stdout), keep(stderr)];
  const there = server.self ? session : sessionAt(session, server.id);
  const world = { env, stdout: out.stream, stderr: err.stream };
  const code = await run({ ...there, world, settings: { ...session.settings, prettify: false } });
  return { server, code, out: out.bytes(), err: err.bytes() };
}

function print({ server, code, out, err }: Outcome, { world: { stdout, stderr, env } }: Session): void {
  const heading = (stream: Output): string => `${styleOf(stream, env).paint("bold", `${titleOf(server)}:`)}\n`;
  // Output of processes need not be text.
  if (out.length > 0 || code === 0) stdout.write(Buffer.concat([Buffer.from(heading(stdout)), out]));
  if (err.length > 0 || code !== 0) stderr.write(heading(stderr) + (err.length === 0 ? "Interrupted\n" : err.toString()));
}

/** By name; servers of the same name by name and id. What was not touched is null. */
function asDocument(servers: readonly Server[], outcomes: readonly Outcome[]): Readonly<Record<string, unknown>> {
  const keyOf = (server: Server): string => (servers.filter(({ name }) => name === server.name).length > 1 ? titleOf(server) : server.name);
  return Object.fromEntries(
    servers.map((server) => {
      const outcome = outcomes.find((one) => one.server === server);
      return [keyOf(server), outcome === undefined ? null : valueOf(outcome)];
    }),
  );
}

/** A reply; the lines of a command that prints several; a text where there was no reply at all. */
function valueOf({ out, err }: Outcome): unknown {
  if (out.length === 0) return { status: "error", reason: err.toString().trim().split("\n")[0] ?? "" };
  const lines = out.toString().trimEnd().split("\n").map(parse);
  return lines.length === 1 ? lines[0] : lines;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

function accountOf(servers: readonly Server[], outcomes: readonly Outcome[], failed: Outcome): string {
  const named = (list: readonly Server[]): string => (list.length === 0 ? "none" : list.map(titleOf).join(", "));
  const done = outcomes.filter(({ code }) => code === 0).map(({ server }) => server);
  const rest = servers.filter((server) => !outcomes.some((outcome) => outcome.server === server));
  return `Done: ${named(done)}\nFailed: ${titleOf(failed.server)}\nNot touched: ${named(rest)}\n`;
}

function keep({ isTTY }: Output): { readonly stream: Output; bytes(): Buffer } {
  const chunks: Buffer[] = [];
  const stream: Output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  if (isTTY !== undefined) Object.assign(stream, { isTTY });
  return { stream, bytes: () => Buffer.concat(chunks) };
}
