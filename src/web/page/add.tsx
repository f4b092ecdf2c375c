/** The form that adds a watcher. */
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { tellIfGivenUp } from "./actions.js";
import { useConsole, useHindrance, useKnown } from "./console.js";
import { FieldInput } from "./field-input.js";
import { type Field, FIELD_NAMES, fieldOf } from "./model/fields.js";
import { FIRST_FIELDS, readNewWatcher, type Typed } from "./model/new-watcher.js";
import { Button, Go } from "./ui.js";

const NAME: Pick<Field, "name" | "kind" | "doc" | "input" | "choices"> = {
  name: "name",
  kind: "text",
  doc: "What it is called everywhere: here, in `circusctl`, in events. No other watcher may have it.",
  input: "text",
  choices: [],
};

const PLACEHOLDERS: Typed = {
  name: "web",
  cmd: "node server.js",
  args: "--port 8080",
  working_dir: "/srv/web",
  uid: "www-data",
  env: "NAME=VALUE, one a line",
  "stdout_stream.class": "FileStream",
  "stdout_stream.filename": "/var/log/web.log",
};

const MORE = FIELD_NAMES.filter((name) => !FIRST_FIELDS.some((first) => first === name));

export function Add(): JSX.Element {
  const console = useConsole();
  const hindrance = useHindrance();
  const form = useRef<HTMLFormElement>(null);
  const taken = useKnown(({ view }) => view.watchers);
  const [typed, setTyped] = useState<Typed>({});
  const [start, setStart] = useState(true);
  const [faults, setFaults] = useState<Typed>({});

  const add = async (): Promise<void> => {
    const name = (typed["name"] ?? "").trim();
    const read = readNewWatcher(typed, start);
    const clash = taken.has(name) ? { name: `There is a watcher "${name}" already` } : {};
    const found: Typed = { ...(read.ok ? {} : read.faults), ...clash };
    setFaults(found);
    if (!read.ok || Object.keys(found).length > 0) {
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
      return;
    }
    const reply = await console.command("add", read.properties);
    if (reply === null) return;
    console.go({ page: "watcher", name, tab: "processes" });
    if (start) await tellIfGivenUp(console, name);
  };
  const input = (field: Pick<Field, "name" | "kind" | "doc" | "input" | "choices">, preset: string): JSX.Element => (
    <FieldInput
      key={field.name}
      field={field}
      value={typed[field.name] ?? preset}
      fault={faults[field.name]}
      required={field.name === "name" || field.name === "cmd"}
      placeholder={PLACEHOLDERS[field.name] ?? ""}
      onChange={(text) => {
        setTyped({ ...typed, [field.name]: text });
        const { [field.name]: _mended, ...rest } = faults;
        setFaults(rest);
      }}
    />
  );
  return (
    <main class="add">
      <div class="bar">
        <h1>Add a watcher</h1>
      </div>
      <p class="help">
        circusd keeps it until it is removed or circusd ends. To have it again after that, write it into circus.ini as{" "}
        <code>[watcher:NAME]</code> too.
      </p>
      <form
        ref={form}
        class="options"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (hindrance === null) void add();
        }}
      >
        {input(NAME, "")}
        {FIRST_FIELDS.map((name) => input(fieldOf(name), fieldOf(name).preset))}
        <details>
          <summary>More options: limits, hooks, restarts, stop signal…</summary>
          {MORE.map((name) => input(fieldOf(name), fieldOf(name).preset))}
        </details>
        {faults[""] === undefined ? null : (
          <p class="notice" role="alert">
            {faults[""]}
          </p>
        )}
        <div class="save">
          <label class="check">
            <input type="checkbox" checked={start} onChange={({ currentTarget }) => setStart(currentTarget.checked)} />
            Start it at once
          </label>
          <Go to={{ page: "overview" }} class="button plain">
            Cancel
          </Go>
          <Button label="Add the watcher" look="primary" submit hindrance={hindrance} />
        </div>
      </form>
    </main>
  );
}
