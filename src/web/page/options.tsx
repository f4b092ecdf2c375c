/** All options of a watcher: what they mean, what they are, and what can be changed while it runs. */
import type { JSX } from "preact";
import { useCallback, useEffect, useId, useMemo, useState } from "preact/hooks";
import type { OptionValue } from "../../core/spec.js";
import { useConsole, useHindrance, useKnown } from "./console.js";
import { FieldInput } from "./field-input.js";
import { entriesOf, FIELD_NAMES, fieldOf, readField, written } from "./model/fields.js";
import { plural } from "./model/format.js";
import { readTopic } from "./model/happenings.js";
import { matches } from "./model/table.js";
import { topicName } from "../../core/topics.js";
import { asObject } from "./requests.js";
import { Button, Empty, Filter, Skeleton } from "./ui.js";

type Entries = ReadonlyMap<string, OptionValue>;

const FIXED = "It cannot change while circusd runs: write it into circus.ini and run circusctl reloadconfig.";

export function Options({ name }: { readonly name: string }): JSX.Element {
  const console = useConsole();
  const hindrance = useHindrance();
  const { entries, refusal, load } = useOptions(name);
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [added, setAdded] = useState<readonly string[]>([]);
  const [filter, setFilter] = useState("");

  const names = useMemo(() => [...new Set([...(entries?.keys() ?? []), ...added])], [entries, added]);
  if (refusal !== null) return <Empty title="circusd does not tell its options">{refusal}</Empty>;
  if (entries === null) return <Skeleton rows={12} />;

  const now = (option: string): string => written(option, entries.get(option) ?? null);
  const changed = names.filter((option) => typed[option] !== undefined && typed[option] !== now(option));
  const reads = changed.map((option) => ({ option, read: readField(option, typed[option] ?? "") }));
  const faults = new Map(
    reads.flatMap(({ option, read }): [string, string][] =>
      read.ok ? [] : [[option, `Cannot use "${typed[option] ?? ""}": ${read.failure}`]],
    ),
  );
  const replaces = changed.some((option) => fieldOf(option).effect === "reload");

  const save = async (): Promise<void> => {
    const options = Object.fromEntries(
      reads.flatMap(({ option, read }): [string, OptionValue][] => (read.ok ? [[option, read.value]] : [])),
    );
    const reply = await console.command("set", { name, options, waiting: true });
    if (reply === null) return;
    // What was saved stays in sight until circusd's own word on it is there.
    await load();
    setTyped({});
    setAdded([]);
  };
  const shown = names.filter((option) => matches(filter, [option, fieldOf(option).doc]));
  return (
    <form
      class="options"
      onSubmit={(event) => {
        event.preventDefault();
        if (changed.length > 0 && faults.size === 0 && hindrance === null) void save();
      }}
    >
      <div class="bar">
        <Filter value={filter} label="Find an option" onChange={setFilter} />
        {hindrance === null ? <More names={names} onAdd={(option) => setAdded([...added, option])} /> : null}
      </div>
      {shown.map((option) => {
        const field = fieldOf(option);
        return (
          <FieldInput
            key={option}
            field={field}
            value={typed[option] ?? now(option)}
            changed={changed.includes(option)}
            fault={faults.get(option)}
            hindrance={field.effect === null ? FIXED : hindrance}
            placeholder={field.input === "lines" ? "NAME=VALUE, one a line" : "not set"}
            onChange={(text) => setTyped({ ...typed, [option]: text })}
          />
        );
      })}
      {changed.length === 0 ? null : (
        <div class="save" role="region" aria-label="Changes">
          <span>
            {plural(changed.length, "change")}
            {replaces ? ": the processes are replaced, gracefully" : ""}
          </span>
          <Button label="Discard" onPress={() => setTyped({})} />
          <Button label="Save" look="primary" submit hindrance={hindrance ?? (faults.size > 0 ? "Something is wrong above" : null)} />
        </div>
      )}
    </form>
  );
}

interface Told {
  readonly entries: Entries | null;
  readonly refusal: string | null;
  readonly load: () => Promise<void>;
}

/** The options as circusd has them, asked for anew when one was changed by anybody. */
function useOptions(name: string): Told {
  const console = useConsole();
  const [told, setTold] = useState<Omit<Told, "load">>({ entries: null, refusal: null });
  const topic = topicName(name);
  const updates = useKnown(({ view }) => view.events.findLast((event) => isUpdate(readTopic(event), topic))?.number ?? 0);
  const up = useKnown(({ view }) => view.up);
  const load = useCallback(async () => {
    const answer = await console.query("options", { name });
    if ("reply" in answer) setTold({ entries: entriesOf(asOptions(asObject(answer.reply)["options"])), refusal: null });
    else setTold((before) => (before.entries === null ? { entries: null, refusal: answer.message } : before));
  }, [console, name]);
  useEffect(() => void load(), [load, updates, up]);
  return { ...told, load };
}

function isUpdate({ watcher, event }: ReturnType<typeof readTopic>, topic: string): boolean {
  return watcher === topic && (event === "updated" || event === "spawn");
}

function asOptions(value: unknown): Readonly<Record<string, OptionValue>> {
  return Object.fromEntries(Object.entries(asObject(value)).filter((pair): pair is [string, OptionValue] => pair[1] !== undefined));
}

/** Options that are not set and have a name of their own: limits, hooks, streams. */
function More({ names, onAdd }: { readonly names: readonly string[]; readonly onAdd: (option: string) => void }): JSX.Element {
  const id = useId();
  const missing = FIELD_NAMES.filter((option) => !names.includes(option));
  return (
    <label class="choice" for={id}>
      <span class="unseen">Set another option</span>
      <select
        id={id}
        value=""
        onChange={({ currentTarget }) => {
          onAdd(currentTarget.value);
          currentTarget.value = "";
        }}
      >
        <option value="">Set another: limits, hooks, streams…</option>
        {missing.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}
