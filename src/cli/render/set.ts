/** `set`: options of a watcher are changed while it runs. */
import {
  defaultWatcher,
  isHookName,
  isLimitKey,
  limitFromText,
  limitName,
  nearest,
  WATCHER_OPTIONS,
  watcherOption,
} from "../../core/options.js";
import { fail, succeed, type Result } from "../../core/result.js";
import type { OptionValue } from "../../core/spec.js";
import { flag, renderOk, WRONG_COUNT, type Command } from "../command.js";

export const command: Command<"set"> = {
  name: "set",
  options: ["waiting"],
  words: "loose",
  manual: {
    operands: "<name> <key> <value> [<key> <value>...]",
    about: [
      "Changes options of a running watcher. Where a change needs new processes, they are replaced gracefully.",
      "An environment is written A=1,B=2 and takes the place of the old one; hooks are written name:target,name:target, or one at a time with hooks.<name>; an empty value lifts an rlimit_<limit>. The command `options` shows what there is.",
    ],
    requests: [{ command: "set", properties: { name: "web", options: { numprocesses: 4, env: { A: "1" } }, waiting: true } }],
    reply: 'The reply is "ok" at once; with waiting when the change is done.',
    examples: ["circusctl set web numprocesses 4", "circusctl set web env A=1,B=2 graceful_timeout 2.5 --waiting"],
  },
  request(input) {
    const [name, ...pairs] = input.words;
    if (name === undefined || pairs.length < 2) return fail(WRONG_COUNT);
    if (pairs.length % 2 !== 0) return fail("List of key/values is invalid");
    const options: Record<string, OptionValue> = {};
    for (let at = 0; at < pairs.length; at += 2) {
      const key = (pairs[at] ?? "").toLowerCase();
      const value = optionFromText(key, pairs[at + 1] ?? "");
      if (!value.ok) return value;
      options[key] = value.value;
    }
    return succeed({ name, options, ...(flag(input, "waiting") ? { waiting: true } : {}) });
  },
  render: renderOk,
};

/** The value as the wire wants it. Names of hooks and streams go as written: a Python daemon has other ones. */
function optionFromText(key: string, text: string): Result<OptionValue, string> {
  if (key === "env") return readEnvironment(text);
  if (key === "hooks") return readHooks(text);
  if (key.startsWith("hooks."))
    return isHookName(key.slice("hooks.".length)) ? succeed(text) : fail(`Cannot set "${key}": there is no such hook`);
  if (isLimitKey(key)) return readLimit(key, text);
  if (/^std(out|err)_stream\../.test(key)) return readStreamOption(key, text);
  return readPlain(key, text);
}

function readPlain(key: string, text: string): Result<OptionValue, string> {
  const option = key === "retry_in" ? watcherOption("warmup_delay") : watcherOption(key);
  if (option === null) {
    const near = nearest(key, [...WATCHER_OPTIONS.map(({ name }) => name), "env", "hooks"]);
    return fail(`unknown key '${key}'${near === null ? "" : `; did you mean ${near}?`}`);
  }
  const change = option.parseText(text);
  return change.ok ? succeed(option.present(change.value(defaultWatcher("", "")))) : refuse(key, text, change.failure);
}

function refuse(key: string, text: string, why: string): Result<never, string> {
  return fail(`Cannot set "${key}" to "${text}": ${why}`);
}

/** `A=1,B=2`; a comma that no `NAME=` follows belongs to the value before it. */
function readEnvironment(text: string): Result<OptionValue, string> {
  const env: [string, string][] = [];
  for (const part of text.split(/,(?=[^,=]+=)/).filter((piece) => piece !== "")) {
    const equals = part.indexOf("=");
    if (equals < 1) return refuse("env", text, "expected NAME=VALUE,NAME=VALUE");
    env.push([part.slice(0, equals).trim(), part.slice(equals + 1)]);
  }
  return succeed(Object.fromEntries(env));
}

function readHooks(text: string): Result<OptionValue, string> {
  const hooks: [string, string][] = [];
  for (const part of text.split(",").filter((piece) => piece !== "")) {
    const colon = part.indexOf(":");
    const name = part.slice(0, Math.max(colon, 0));
    if (!isHookName(name)) return refuse("hooks", text, "expected HOOK:TARGET,HOOK:TARGET");
    hooks.push([name, part.slice(colon + 1)]);
  }
  return succeed(Object.fromEntries(hooks));
}

function readLimit(key: string, text: string): Result<OptionValue, string> {
  const name = limitName(key);
  if (!name.ok) return name;
  const limit = limitFromText(text);
  if (!limit.ok) return refuse(key, text, limit.failure);
  return succeed(limit.value === "infinity" ? null : limit.value);
}

function readStreamOption(key: string, text: string): Result<OptionValue, string> {
  if (!/\.(max_bytes|backup_count)$/.test(key)) return succeed(text);
  return /^\d+$/.test(text) ? succeed(Number(text)) : refuse(key, text, "expected an integer of 0 or more");
}
