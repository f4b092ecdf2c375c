// @ts-check
/** Puts into a manual what the option tables know. */

/** @typedef {import("./blocks.js").Block} Block */
/** @typedef {import("./blocks.js").Definition} Definition */
/** @typedef {typeof import("../../src/core/options.js")} Options */
/** @typedef {typeof import("../../src/core/spec.js")} Spec */
/** @typedef {import("../../src/core/options.js").OptionDoc} OptionDoc */

/** Shown where an option has no default. */
export const UNSET = "not set";

/** What `set` does, in the word that the manual explains. */
const SET = { none: "yes", manage: "number", reload: "reload", stream: "stream", hooks: "hook" };

/**
 * Replaces every directive by what it asks for.
 * @param {readonly Block[]} blocks
 * @param {Options} options
 * @param {Spec} spec
 * @returns {Block[]}
 * @throws where an option has no place in the manual, or has two
 */
export function fillIn(blocks, options, spec) {
  const {
    ARBITER_OPTIONS,
    CLUSTER_OPTIONS,
    INCLUDE_OPTIONS,
    PLUGIN_OPTIONS,
    SOCKET_OPTIONS,
    STREAM_OPTIONS,
    WATCHER_FAMILIES,
    WATCHER_OPTIONS,
  } = options;
  /** @type {Record<string, Map<string, Definition>>} */
  const tables = {
    circus: byName([...ARBITER_OPTIONS, ...INCLUDE_OPTIONS], basics),
    watcher: byName([...WATCHER_OPTIONS, ...WATCHER_FAMILIES], (option) => ({
      ...basics(option),
      set: option.set === null ? "no" : SET[option.set],
    })),
    socket: byName(SOCKET_OPTIONS, basics),
    plugin: byName(PLUGIN_OPTIONS, basics),
    cluster: byName(CLUSTER_OPTIONS, basics),
    stream: byName(STREAM_OPTIONS, basics),
  };
  const filled = blocks.map((block) => {
    if (block.kind === "fact") return fact(block.name);
    return block.kind === "options" ? takeOptions(tables, block) : block;
  });
  const forgotten = Object.entries(tables).flatMap(([table, rest]) => [...rest.keys()].map((name) => `${table}: ${name}`));
  if (forgotten.length > 0) throw new Error(`The manual does not mention ${forgotten.join(", ")}`);
  return filled;

  /** @type {(name: string) => Block} */
  function fact(name) {
    if (name === "limits") return inARow(options.LIMIT_NAMES);
    if (name === "hooks") return inARow(spec.HOOK_NAMES);
    if (name !== "classes") throw new Error(`The manual asks for "${name}", which nobody knows`);
    const rows = options.STREAM_CLASSES.map((one) => [code(one), (options.streamOptionNames(one) ?? []).map(code).join(", ") || "none"]);
    return { kind: "table", head: ["class", "options"], rows };
  }
}

/**
 * @param {Record<string, Map<string, Definition>>} tables what is taken is removed from them
 * @param {Block & { kind: "options" }} block
 * @returns {Block}
 */
function takeOptions(tables, { table, names }) {
  const entries = names.map((name) => {
    const definition = tables[table]?.get(name);
    if (definition === undefined) throw new Error(`The manual asks for the option "${name}" of ${table}, which is not there (any more)`);
    tables[table]?.delete(name);
    return definition;
  });
  return { kind: "definitions", head: Object.keys(entries[0]?.facts ?? {}), entries };
}

/**
 * @template {OptionDoc} T
 * @param {readonly T[]} options
 * @param {(option: T) => Record<string, string>} facts
 * @returns {Map<string, Definition>}
 */
function byName(options, facts) {
  return new Map(options.map((option) => [option.name, { term: option.name, facts: facts(option), text: option.doc }]));
}

/** @param {OptionDoc} option */
function basics({ label, default: value }) {
  return { value: label, default: shown(label, value) };
}

/**
 * A default as one would write it in the file.
 * @param {string} label
 * @param {OptionDoc["default"]} value
 */
function shown(label, value) {
  if (value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0)) return UNSET;
  if (value === true) return "True";
  if (value === false) return "False";
  if (label === "signal" && value === 15) return "SIGTERM";
  return label === "octal mask" ? `0${Number(value).toString(8)}` : String(value);
}

/** @type {(names: readonly string[]) => Block} */
function inARow(names) {
  return { kind: "paragraph", text: `${names.map(code).join(", ")}.` };
}

/** @param {string} text */
function code(text) {
  return `\`${text}\``;
}
