/** The daemon's commands over HTTP: one route each, with the daemon's reply as it is. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { CircusClient, Properties, RawReply } from "../../client/call.js";
import { CallTimeout } from "../../client/errors.js";
import type { Log } from "../../core/ports.js";
import { isObject, quote } from "../../wire/codec.js";
import { ERRNO, MAX_TAIL_WAIT, type CommandName } from "../../wire/contract.js";
import { asReply, refusalOf } from "../../wire/reply.js";
import { clientOf, whoAsks, type App } from "../http.js";
import { Refused } from "../problem.js";
import type { DaemonView } from "../view/daemon-view.js";
import { COMMAND_NAMES, COMMANDS, mayAct, roleFor, type Schema } from "./command-table.js";

export interface CommandParts {
  readonly daemons: ReadonlyMap<string, DaemonView>;
  readonly log: Log;
}

/** Seconds for an answer: of a command that is only begun, and of one that is waited for. */
const BEGUN = 10;
const DONE = 300;
/** For another server, where nobody says how long, and for this one to tell that it is silent. */
const RELAYED = 30;
const GRACE = 2;

/** How the daemon's errno is told in HTTP; its whole reply is the body. */
const STATUS_OF_ERRNO: Readonly<Record<number, number>> = {
  [ERRNO.unspecified]: 400,
  [ERRNO.invalidJson]: 400,
  [ERRNO.unknownCommand]: 404,
  [ERRNO.message]: 400,
  [ERRNO.os]: 500,
  [ERRNO.conflict]: 409,
  [ERRNO.asynchronous]: 409,
};

export function serveCommands(app: App, parts: CommandParts): void {
  app.post("/api/v1/daemons/:daemon/commands/:command", { config: { access: "read" }, schema: { hide: true } }, refuseUnknown);
  for (const command of COMMAND_NAMES) {
    const { role, summary, properties, required } = COMMANDS[command];
    const body: Schema = { type: "object", properties, required };
    app.post(
      `/api/v1/daemons/:daemon/commands/${command}`,
      {
        config: { access: role },
        schema: { operationId: command, summary, tags: ["commands"], params: DAEMON, body, response: ANSWERS },
        // What is wrong with a property is for the daemon to say.
        validatorCompiler: () => () => true,
      },
      (request, reply) => carryOut({ command, request, reply }, parts),
    );
  }
}

/** The daemon's own replies; they go out as the text that they came as. */
const REPLY = { type: "object", additionalProperties: true } as const;
const ANSWERS = {
  200: { ...REPLY, description: "The daemon's reply" },
  "4xx": { ...REPLY, description: "The daemon's error reply, or a refusal of circushttpd" },
  504: { ...REPLY, description: "The daemon does not answer" },
};

/** A command that is none; the routes of those that are go before. */
function refuseUnknown(request: FastifyRequest): never {
  const command = isObject(request.params) ? request.params["command"] : undefined;
  throw new Refused(404, `There is no command ${quote(String(command))}; there are ${COMMAND_NAMES.join(", ")}`);
}

const DAEMON: Schema = {
  type: "object",
  properties: { daemon: { type: "string", description: "Its id, as GET /api/v1/session lists it" } },
  required: ["daemon"],
};

interface Asked {
  readonly command: CommandName;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

async function carryOut({ command, request, reply }: Asked, { daemons, log }: CommandParts): Promise<FastifyReply> {
  const view = daemonOf(request, daemons);
  const properties = propertiesOf(request.body);
  const needed = roleFor(command, properties);
  const { role } = whoAsks(request);
  if (!mayAct(role, needed)) throw new Refused(403, `This needs the role ${needed}, and you have ${role}`);
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  reply.raw.once("close", leave);
  const audit = (result: string): void => {
    const line = auditLine({ command, properties, request, daemon: view.info.id, result });
    // A page that looks would fill the log.
    if (needed === "read") log.debug(line);
    else log.info(line);
  };
  const answer = await ask(view, { command, properties, signal: gone.signal }).catch((cause: unknown) => {
    audit(`no answer: ${messageOf(cause)}`);
    throw cause;
  });
  reply.raw.off("close", leave);
  const refusal = refusalOf(answer.reply);
  const relayed = asReply(answer.reply["reply"]);
  const told = refusal ?? (command === "relay" && relayed !== null ? refusalOf(relayed) : null);
  audit(told === null ? "ok" : `refused: ${told.reason}`);
  const status = refusal === null ? 200 : (STATUS_OF_ERRNO[refusal.errno] ?? 400);
  return reply.code(status).type("application/json; charset=utf-8").send(answer.text);
}

interface Question {
  readonly command: CommandName;
  readonly properties: Properties;
  readonly signal: AbortSignal;
}

async function ask(view: DaemonView, { command, properties, signal }: Question): Promise<RawReply> {
  let client: CircusClient;
  try {
    client = await view.connection();
  } catch (cause) {
    throw new Refused(504, `The daemon "${view.info.id}" does not answer: ${messageOf(cause)}`);
  }
  try {
    return await client.send(command, properties, {
      timeout: command === "relay" ? patienceWithRelay(properties) : patienceFor(properties),
      signal,
    });
  } catch (cause) {
    if (cause instanceof CallTimeout) throw new Refused(504, cause.message);
    // What reads JSON goes deeper than what writes it.
    if (cause instanceof RangeError) throw new Refused(400, "The properties are nested too deeply");
    if (signal.aborted) throw new Refused(499, "The client went away");
    throw new Refused(504, `The daemon "${view.info.id}" was lost: ${messageOf(cause)}`);
  }
}

function patienceFor({ waiting, wait }: Properties): number {
  const held = typeof wait === "number" && wait > 0 ? Math.min(wait, MAX_TAIL_WAIT) : 0;
  return waiting === undefined || waiting === false ? BEGUN + held : DONE;
}

/** The daemon itself says when the other one is silent, so it has a little longer. */
function patienceWithRelay({ timeout }: Properties): number {
  const passedOn = typeof timeout === "number" && timeout >= 0 ? Math.min(timeout, DONE) : RELAYED;
  return passedOn + GRACE;
}

/** @throws Refused where there is no such daemon */
function daemonOf(request: FastifyRequest, daemons: CommandParts["daemons"]): DaemonView {
  const id = isObject(request.params) ? request.params["daemon"] : undefined;
  const view = typeof id === "string" ? daemons.get(id) : undefined;
  if (view === undefined) throw new Refused(404, `There is no daemon ${quote(String(id))}; there are ${[...daemons.keys()].join(", ")}`);
  return view;
}

function propertiesOf(body: unknown): Properties {
  if (body === undefined || body === null) return {};
  if (!isObject(body)) throw new Refused(400, "The body is to be a JSON object with the properties of the command");
  return body;
}

interface Audited {
  readonly command: CommandName;
  readonly properties: Properties;
  readonly request: FastifyRequest;
  readonly daemon: string;
  readonly result: string;
}

/** Values of options may be secrets: only what tells which processes are meant is named. */
function auditLine({ command, properties, request, daemon, result }: Audited): string {
  if (command === "relay") return auditRelay({ command, properties, request, daemon, result });
  return lineOf({ words: [command, ...targetsOf(properties)], request, daemon, result });
}

/** What is done at another server stands there as it would for this one, behind the server. */
function auditRelay({ properties, request, daemon, result }: Audited): string {
  const { server, command, properties: relayed } = properties;
  const words = [`server=${quote(String(server))}`, quote(String(command)), ...(isObject(relayed) ? targetsOf(relayed) : [])];
  return lineOf({ words: ["relay", ...words], request, daemon, result });
}

function targetsOf({ name, pid, signum, nb }: Properties): readonly string[] {
  return Object.entries({ name, pid, signum, nb }).flatMap(([key, value]) =>
    typeof value === "string" || typeof value === "number" ? [`${key}=${quote(String(value))}`] : [],
  );
}

interface AuditWords extends Pick<Audited, "request" | "daemon" | "result"> {
  readonly words: readonly string[];
}

function lineOf({ words, request, daemon, result }: AuditWords): string {
  return `${whoAsks(request).known} from ${clientOf(request)}: ${words.join(" ")} on ${daemon}: ${result.replace(/\p{Cc}+/gu, " ")}`;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
