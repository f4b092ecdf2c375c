/** One option in a form: the control that fits its kind, its help, and what is wrong with it. */
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { Field } from "./model/fields.js";
import { Prose } from "./ui.js";

export interface FieldInputProps {
  readonly field: Pick<Field, "name" | "kind" | "doc" | "input" | "choices">;
  readonly title?: string;
  readonly value: string;
  readonly fault?: string | undefined;
  readonly changed?: boolean;
  /** Why it cannot be changed; null where it can. */
  readonly hindrance?: string | null;
  readonly required?: boolean;
  readonly placeholder?: string;
  readonly onChange: (value: string) => void;
}

export function FieldInput(props: FieldInputProps): JSX.Element {
  const { field, title = field.name, fault, changed = false, hindrance = null } = props;
  const id = useId();
  const described = [`${id}-help`, ...(fault === undefined ? [] : [`${id}-fault`])].join(" ");
  return (
    <div class={`field${changed ? " changed" : ""}${fault === undefined ? "" : " faulty"}`}>
      <label for={id}>
        <b>{title}</b>
        <i>{field.kind}</i>
      </label>
      <div>
        <Control {...props} id={id} described={described} />
        {fault === undefined ? null : (
          <p class="fault" id={`${id}-fault`} role="alert">
            {fault}
          </p>
        )}
        <p class="help" id={`${id}-help`}>
          <Prose text={field.doc} />
          {hindrance === null ? null : <em> {hindrance}</em>}
        </p>
      </div>
    </div>
  );
}

function Control({
  field,
  value,
  fault,
  hindrance = null,
  required = false,
  placeholder,
  id,
  described,
  onChange,
}: FieldInputProps & { readonly id: string; readonly described: string }): JSX.Element {
  const common = {
    id,
    name: field.name,
    "aria-describedby": described,
    "aria-invalid": fault === undefined ? undefined : ("true" as const),
    disabled: hindrance !== null,
  };
  switch (field.input) {
    case "flag":
      return (
        <input
          {...common}
          type="checkbox"
          class="switch"
          role="switch"
          checked={value === "true"}
          onChange={({ currentTarget }) => onChange(String(currentTarget.checked))}
        />
      );
    case "signal":
      return (
        <select {...common} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
          {[...new Set([...field.choices, value])].map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      );
    case "lines":
      return (
        <textarea
          {...common}
          rows={Math.min(12, Math.max(2, value.split("\n").length))}
          value={value}
          placeholder={placeholder}
          spellcheck={false}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
    case "number":
    case "text":
      return (
        <>
          <input
            {...common}
            type="text"
            inputMode={field.input === "number" ? "decimal" : undefined}
            list={field.choices.length > 0 ? `${id}-choices` : undefined}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            aria-required={required ? "true" : undefined}
            placeholder={placeholder}
            value={value}
            onInput={({ currentTarget }) => onChange(currentTarget.value)}
          />
          {field.choices.length > 0 ? (
            <datalist id={`${id}-choices`}>
              {field.choices.map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
          ) : null}
        </>
      );
  }
}
