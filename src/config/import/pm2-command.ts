/** What PM2 runs for an app: its script, with the interpreter that belongs to it. */
import { quoteWord } from "../../core/words.js";
import type { SectionDraft } from "./draft.js";
import type { AppReader } from "./pm2-reader.js";
import { shown, textOf, wordsOf } from "./pm2-values.js";

/** What a file is, for PM2 runs a script without a known ending by Node unless it is binary. */
export type KindOf = (path: string) => "text" | "binary" | "missing";

export interface Files {
  readonly kindOf: KindOf;
  /** Makes a path absolute. */
  readonly resolve: (directory: string, path: string) => string;
}

export interface Command {
  readonly line: string;
  /** Its interpreter is Node, so that PM2 can run it as a cluster. */
  readonly node: boolean;
  /** The first word is an interpreter, not the program itself. */
  readonly interpreted: boolean;
  /** Variables that PM2 sets besides. */
  readonly variables: readonly (readonly [string, string])[];
}

const INTERPRETERS: ReadonlyMap<string, string> = new Map([
  [".js", "node"],
  [".cjs", "node"],
  [".mjs", "node"],
  [".sh", "bash"],
  [".py", "python3"],
  [".rb", "ruby"],
  [".php", "php"],
  [".pl", "perl"],
  [".coffee", "coffee"],
  [".ls", "lsc"],
  [".ts", "bun"],
  [".tsx", "bun"],
]);

/** The script of an app: `cmd` and `command` are other names of it. */
export function scriptOf(reader: AppReader): string {
  return textOf(reader.take("script", "exec", "cmd", "command")) ?? "";
}

export function readCommand(watcher: SectionDraft, reader: AppReader, place: Files & { readonly directory: string }): Command {
  const script = scriptOf(reader);
  const args = wordsOf(reader.take("args")) ?? "";
  const before = wordsOf(reader.take("node_args", "nodeArgs", "interpreter_args", "interpreterArgs")) ?? "";
  const given = textOf(reader.take("interpreter", "exec_interpreter"));
  const maps = reader.take("source_map_support") === true ? "--enable-source-maps" : "";
  if (script.includes(" ")) {
    // PM2 does the same, and drops args.
    if (args !== "") watcher.note(`args = ${args}: pm2 drops it where script has a blank`);
    return { line: `bash -c ${quoteWord(script)}`, node: false, interpreted: true, variables: [] };
  }
  const interpreter = interpreterOf(watcher, script, { given, place });
  const node = interpreter !== null && /(^|\/)node$/.test(interpreter);
  const program = interpreter === null ? [directly(script, place)] : [quoteWord(interpreter), node ? maps : "", before, quoteWord(script)];
  if (interpreter === null && before !== "") watcher.note(`node_args = ${before}: there is no interpreter that would take them`);
  return {
    line: [...program, args].filter((word) => word !== "").join(" "),
    node,
    interpreted: interpreter !== null,
    variables: interpreter?.includes("python") === true ? [["PYTHONUNBUFFERED", "1"]] : [],
  };
}

interface Interpreter {
  readonly given: string | null;
  readonly place: Files & { readonly directory: string };
}

function interpreterOf(watcher: SectionDraft, script: string, { given, place }: Interpreter): string | null {
  if (given === "none") return null;
  if (given?.startsWith("node@") === true) {
    watcher.note(`interpreter = ${given}: circusd does not choose versions of Node; write the path of that one in place of node`);
    return "node";
  }
  if (given !== null && given !== "") return given;
  const extension = /\.[^./]+$/.exec(script)?.[0] ?? "";
  const known = INTERPRETERS.get(extension);
  if (known !== undefined) return known;
  return place.kindOf(place.resolve(place.directory, script)) === "text" ? "node" : null;
}

/** PM2 looks into the directory first, and then in PATH; a name without a slash is looked up in PATH alone here. */
function directly(script: string, { kindOf, resolve, directory }: Interpreter["place"]): string {
  const here = !script.includes("/") && kindOf(resolve(directory, script)) !== "missing";
  return quoteWord(here ? `./${script}` : script);
}

/** What can be done where PM2 looks at files. */
export function noteWatch(watcher: SectionDraft, value: unknown, { line, node, interpreted }: Command): void {
  const advice = node
    ? `; it sees the program of cmd alone, which is node. While developing, "cmd = ${line.replace("node", "node --watch")}" restarts at a change of any module`
    : interpreted
      ? "; it sees the program of cmd alone, which is the interpreter: make the script executable and write it in place of both"
      : "";
  watcher.note(`watch = ${shown(value)}: [plugin:command_reloader] below restarts watchers when their program changes${advice}`);
}
