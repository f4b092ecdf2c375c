/** The form that adds a watcher: what was typed becomes the properties of `add`, or what is wrong with it, field by field. */
import { watcherFromWire } from "../../../core/options.js";
import type { OptionValue } from "../../../core/spec.js";
import type { Commands } from "../../../wire/contract.js";
import { fieldOf, readField } from "./fields.js";

export type Typed = Readonly<Record<string, string>>;

/** Fields that stand first, because nearly every watcher has them. */
export const FIRST_FIELDS = [
  "cmd",
  "args",
  "numprocesses",
  "working_dir",
  "uid",
  "env",
  "shell",
  "copy_env",
  "singleton",
  "stdout_stream.class",
  "stdout_stream.filename",
  "tail_lines",
] as const;

export type Added =
  | { readonly ok: true; readonly properties: Commands["add"]["properties"] }
  /** By the name of the field; "" for what is wrong with several together. */
  | { readonly ok: false; readonly faults: Typed };

/** Reads the whole form, and checks it as the daemon will. */
export function readNewWatcher(typed: Typed, start: boolean): Added {
  const { name = "", cmd = "", args = "", ...rest } = typed;
  const faults: Record<string, string> = {};
  if (name.trim() === "") faults["name"] = "Give it a name";
  if (cmd.trim() === "") faults["cmd"] = "Say what to run";
  const options: Record<string, OptionValue> = {};
  for (const [key, text] of Object.entries(rest)) {
    if (text === fieldOf(key).preset) continue;
    const read = readField(key, text);
    if (read.ok) options[key] = read.value;
    else faults[key] = `Cannot use "${text}": ${read.failure}`;
  }
  if (Object.keys(faults).length > 0) return { ok: false, faults };
  const given = { name: name.trim(), cmd, ...(args.trim() === "" ? {} : { args }), options };
  const whole = watcherFromWire(given);
  if (!whole.ok) return { ok: false, faults: { "": whole.failure } };
  return { ok: true, properties: { ...given, start, waiting: true } };
}
