/**
 * The properties of every command, read from untrusted JSON. Only shapes are checked here; whether a watcher,
 * a process or a signal exists is known to the arbiter. Messages are Circus's where it has one.
 */
import * as v from "valibot";
import { fail, succeed, type Result } from "../core/result.js";
import { isObject, quote } from "./codec.js";
import { OUTPUT_STREAMS, type CommandName, type Commands, type Match, type Options } from "./contract.js";

type Schema<C extends CommandName> = v.GenericSchema<unknown, Commands[C]["properties"]>;

interface Rule<C extends CommandName> {
  /** Checked before anything else, in this order. */
  readonly required: readonly string[];
  readonly schema: Schema<C>;
}

const YES = ["1", "true", "yes", "on"];
const NO = ["0", "false", "no", "off", ""];

const text = (key: string) => v.string(`'${key}' isn't a string`);

/** Python takes any value for true or false; here null and numbers as it does, and the usual words. */
const flag = (key: string) =>
  v.pipe(
    v.unknown(),
    v.rawTransform<unknown, boolean>(({ dataset, addIssue, NEVER }) => {
      const given = dataset.value;
      if (typeof given === "boolean") return given;
      if (typeof given === "number") return given !== 0;
      if (given === null) return false;
      const word = typeof given === "string" ? given.trim().toLowerCase() : null;
      if (word !== null && YES.includes(word)) return true;
      if (word !== null && NO.includes(word)) return false;
      addIssue({ message: `'${key}' isn't a valid boolean` });
      return NEVER;
    }),
  );

const number = (key: string) =>
  v.pipe(
    v.union(
      [v.number(), v.pipe(v.string(), v.regex(/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i), v.transform(Number))],
      `'${key}' isn't a number`,
    ),
    v.finite(`'${key}' isn't a number`),
  );

const duration = (key: string) => v.pipe(number(key), v.minValue(0, `'${key}' is negative`));

const integer = (key: string) =>
  v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.regex(/^\s*[+-]?\d+\s*$/), v.transform(Number))], `'${key}' isn't an integer`),
    v.safeInteger(`'${key}' isn't an integer`),
  );

const count = (key: string) => v.pipe(integer(key), v.minValue(0, `'${key}' is negative`));

const signum = v.union([v.pipe(v.number(), v.safeInteger()), v.pipe(v.string(), v.nonEmpty())], "signal invalid");

const process = v.union([v.pipe(v.number(), v.safeInteger()), v.string()], "'process' isn't an integer");

const match = v.custom<Match>(
  (value) => value === "glob" || value === "simple" || value === "regex",
  (issue) => `unknown match method ${typeof issue.input === "string" ? quote(issue.input).slice(1, -1) : String(issue.input)}`,
);

/** An own `__proto__` key is data of an attacker: it would become a prototype where a handler copies keys. */
const options = v.pipe(
  v.custom<Options>(isObject, "'options' property should be an object"),
  v.check((value) => !hasProto(value), "'options' may not contain '__proto__'"),
);

const args = v.union(
  [v.string(), v.array(v.union([v.string(), v.pipe(v.number(), v.transform(String))]))],
  "'args' isn't a string or a list of strings",
);

const outputStream = v.picklist(OUTPUT_STREAMS, "'stream' isn't stdout or stderr");

const keys = v.array(v.string(), "'keys' isn't a list of strings");
const name = text("name");
const waiting = v.exactOptional(flag("waiting"));
const anyName = v.exactOptional(name);
const nothing = v.object({});
const justWaiting = v.object({ waiting });
const matched = v.object({ name: anyName, match: v.exactOptional(match), waiting });
const scaled = v.object({ name, nb: v.exactOptional(count("nb")), waiting });

const RULES: { readonly [C in CommandName]: Rule<C> } = {
  add: {
    required: ["name", "cmd"],
    schema: v.object({
      name,
      cmd: text("cmd"),
      args: v.exactOptional(args),
      options: v.exactOptional(options),
      start: v.exactOptional(flag("start")),
      waiting,
    }),
  },
  commands: { required: [], schema: nothing },
  decr: { required: ["name"], schema: scaled },
  dstats: { required: [], schema: nothing },
  get: { required: ["name", "keys"], schema: v.object({ name, keys }) },
  globaloptions: { required: [], schema: v.object({ option: v.exactOptional(text("option")) }) },
  incr: { required: ["name"], schema: scaled },
  ipython: { required: [], schema: nothing },
  join: { required: ["address"], schema: v.object({ address: text("address") }) },
  kill: {
    required: ["name"],
    schema: v.object({
      name,
      pid: v.exactOptional(integer("pid")),
      signum: v.exactOptional(signum),
      graceful_timeout: v.exactOptional(duration("graceful_timeout")),
      recursive: v.exactOptional(flag("recursive")),
      waiting,
    }),
  },
  list: { required: [], schema: v.object({ name: anyName }) },
  listen: { required: [], schema: nothing },
  listsockets: { required: [], schema: nothing },
  members: { required: [], schema: nothing },
  numprocesses: { required: [], schema: v.object({ name: anyName }) },
  numwatchers: { required: [], schema: nothing },
  options: { required: ["name"], schema: v.object({ name }) },
  quit: { required: [], schema: justWaiting },
  relay: {
    required: ["server", "command"],
    schema: v.object({
      server: text("server"),
      command: text("command"),
      properties: v.exactOptional(v.record(v.string(), v.unknown(), "'properties' should be an object")),
      timeout: v.exactOptional(duration("timeout")),
    }),
  },
  reload: {
    required: [],
    schema: v.object({
      name: anyName,
      graceful: v.exactOptional(flag("graceful")),
      sequential: v.exactOptional(flag("sequential")),
      waiting,
    }),
  },
  reloadconfig: { required: [], schema: justWaiting },
  restart: { required: [], schema: matched },
  rm: { required: ["name"], schema: v.object({ name, nostop: v.exactOptional(flag("nostop")), waiting }) },
  set: { required: ["name", "options"], schema: v.object({ name, options, waiting }) },
  signal: {
    required: ["name", "signum"],
    schema: v.pipe(
      v.object({
        name,
        signum,
        pid: v.exactOptional(integer("pid")),
        childpid: v.exactOptional(integer("childpid")),
        children: v.exactOptional(flag("children")),
        recursive: v.exactOptional(flag("recursive")),
      }),
      v.check((given) => given.childpid === undefined || given.pid !== undefined, "cannot specify childpid without pid"),
    ),
  },
  start: { required: [], schema: matched },
  stats: {
    required: [],
    schema: v.object({ name: anyName, process: v.exactOptional(process), extended: v.exactOptional(flag("extended")) }),
  },
  status: { required: [], schema: v.object({ name: anyName }) },
  stop: { required: [], schema: matched },
  tail: {
    required: ["name"],
    schema: v.object({
      name,
      pid: v.exactOptional(integer("pid")),
      stream: v.exactOptional(outputStream),
      lines: v.exactOptional(count("lines")),
      after: v.exactOptional(text("after")),
      wait: v.exactOptional(duration("wait")),
    }),
  },
};

/** Whether a text is the name of a command; names are lower case. */
export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(RULES, name);
}

/** Reads the properties of one command; the failure is the text for the client. Unknown properties are left out. */
export function decodeProperties<C extends CommandName>(command: C, given: unknown): Result<Commands[C]["properties"], string> {
  // Circus takes a list for an empty object, and some clients send one.
  const properties = given === undefined || Array.isArray(given) ? {} : given;
  if (!isObject(properties)) return fail("'properties' should be an object");
  const rule = RULES[command];
  for (const key of rule.required) if (!Object.hasOwn(properties, key)) return fail(`message invalid '${key}' is missing`);
  const parsed = v.safeParse(rule.schema, properties, { abortEarly: true });
  return parsed.success ? succeed(parsed.output) : fail(parsed.issues[0].message);
}

function hasProto(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(hasProto);
}
