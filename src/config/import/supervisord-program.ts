/** A [program:NAME] or [fcgi-program:NAME] section of a supervisord.conf to watchers. */
import { quoteWord } from "../../core/words.js";
import type { Draft, SectionDraft } from "./draft.js";
import { writeVariables } from "./environment.js";
import { type Lookup, formatsOf } from "./expansion.js";
import type { OptionsReader } from "./options-reader.js";
import { writeOutput } from "./supervisord-output.js";
import { readFlag, readPairs } from "./supervisord-values.js";

/** What [supervisord] says for all programs; null where it says nothing. */
export interface Shared {
  readonly user: string | null;
  readonly directory: string | null;
  readonly minfds: string | null;
}

export interface Program {
  readonly name: string;
  readonly reader: OptionsReader;
  /** Of an [fcgi-program:NAME]: the name of the socket that it gets as standard input. */
  readonly socket: string | null;
}

/** Some processes of a program that make one watcher. */
interface Part {
  readonly name: string;
  readonly numprocesses: number;
  readonly lookup: Lookup;
}

/** Options that `%(process_num)d` in a watcher's variables cannot stand for. */
const NUMBERED = ["command", "environment", "directory"];

/** Priority of a program that says nothing; lower ones start first. */
const PRIORITY = 999;

/** Writes the watchers of a program. */
export function writeProgram(draft: Draft, program: Program, shared: Shared): void {
  const [first, ...others] = partsOf(draft, program);
  if (first === undefined) return;
  if (others.length > 0) {
    const pattern = `${program.name.replace(/[*?[\]]/g, "?")}*`;
    draft
      .section(`watcher:${first.name}`)
      .note(
        `numprocs = ${others.length + 1}: the command or its surroundings name the process's number, so each process is a watcher of its own; "circusctl restart '${pattern}'" takes them together`,
      );
  }
  writeWatcher(draft, { program, shared, part: first });
  for (const part of others) writeWatcher(draft, { program, shared, part, quiet: true });
}

function partsOf(draft: Draft, { name, reader }: Program): readonly Part[] {
  const count = wholeOr(reader.take("numprocs"), 1);
  const start = wholeOr(reader.take("numprocs_start"), 0);
  const processName = reader.raw("process_name") ?? "%(program_name)s";
  const lookup =
    (number: string | null): Lookup =>
    (word, format) => {
      if (word === "program_name") return name;
      if (word === "numprocs") return format.number(count);
      if (word !== "process_num") return null;
      return number === null ? "$(circus.wid)" : format.number(Number(number));
    };
  const formats = new Set(NUMBERED.flatMap((option) => formatsOf(reader.raw(option) ?? "", "process_num")));
  const inDirectory = formatsOf(reader.raw("directory") ?? "", "process_num").length > 0;
  const plain = formats.size === 0 || (start === 1 && !inDirectory && [...formats].every((format) => /^[sdi]$/.test(format)));
  if (count === 1) {
    const own = reader.expand("process_name", processName, lookup(String(start)));
    if (own !== name)
      draft
        .section(`watcher:${name}`)
        .note(`process_name = ${processName}: the watcher is called ${name}, and its processes go by their pids`);
    return [{ name, numprocesses: 1, lookup: lookup(String(start)) }];
  }
  if (plain) return [{ name, numprocesses: count, lookup: lookup(null) }];
  return Array.from({ length: count }, (_, index) => {
    const of = lookup(String(start + index));
    return { name: reader.expand("process_name", processName, of), numprocesses: 1, lookup: of };
  });
}

interface Writing {
  readonly program: Program;
  readonly shared: Shared;
  readonly part: Part;
  readonly quiet?: boolean;
}

function writeWatcher(draft: Draft, { program, shared, part, quiet = false }: Writing): void {
  const { reader, socket } = program;
  const watcher = draft.section(`watcher:${part.name}`, quiet);
  const take = (name: string): string | null => {
    const raw = reader.raw(name);
    return raw === null ? null : reader.expand(name, raw, part.lookup);
  };
  const directory = take("directory") ?? shared.directory;
  const command = writeUmask(take("umask"), take("command") ?? "");
  const prefix = writeVariables(draft, watcher, variables(watcher, reader, part.lookup));
  if (command === "") watcher.note("command: supervisord demands one, and there is none; set cmd");
  watcher.setCommand(prefix + command);
  if (directory !== null) watcher.set("working_dir", directory);
  watcher.set("copy_env", true);
  const user = take("user") ?? shared.user;
  if (user !== null) watcher.set("uid", user);
  if (part.numprocesses > 1) watcher.set("numprocesses", part.numprocesses);
  writeLife(watcher, take);
  writeStop(watcher, take);
  if (socket !== null) {
    watcher.set("use_sockets", true);
    watcher.set("stdin_socket", socket);
  }
  if (shared.minfds !== null) watcher.set("rlimit_nofile", shared.minfds);
  writeOutput(watcher, reader, {
    shared: part.numprocesses > 1,
    expand: (name, text) => reader.expand(name, text, part.lookup),
  });
  if (take("serverurl") !== null) watcher.note("serverurl: programs find circusd under CIRCUSCTL_ENDPOINT, if you set it in [env]");
  for (const [key, value] of reader.left()) watcher.note(`${key} = ${value}: not an option that is known here, and left out`);
}

/** A umask of its own is set by a shell, which then becomes the program. */
function writeUmask(umask: string | null, command: string): string {
  return umask === null || command === "" ? command : `sh -c ${quoteWord(`umask ${umask} && exec "$@"`)} sh ${command}`;
}

function variables(watcher: SectionDraft, reader: OptionsReader, lookup: Lookup): readonly (readonly [string, string])[] {
  const raw = reader.raw("environment");
  if (raw === null) return [];
  const { pairs, rest } = readPairs(raw);
  if (rest !== "") watcher.note(`environment: cannot read ${rest}`);
  return pairs.map(([name, value]) => [name, reader.expand("environment", value, lookup)]);
}

type Take = (name: string) => string | null;

function writeLife(watcher: SectionDraft, take: Take): void {
  const priority = take("priority");
  if (priority !== null) watcher.set("priority", PRIORITY - wholeOr(priority, PRIORITY));
  const autostart = take("autostart");
  if (autostart !== null && readFlag(autostart) === false) watcher.set("autostart", false);
  const again = take("autorestart") ?? "unexpected";
  const codes = take("exitcodes");
  if (readFlag(again) === false) watcher.set("respawn", false);
  else if (readFlag(again) === null)
    watcher.note(
      `autorestart = unexpected: a program that ends with exit code ${codes ?? "0"} is started again, too; for one that is meant to end: respawn = False`,
    );
  const seconds = take("startsecs");
  if (seconds !== null && seconds !== "1")
    watcher.note(
      `startsecs = ${seconds}: a process counts as started after 1 second, which cannot be changed; after that no restart is delayed`,
    );
  const retries = take("startretries");
  // supervisord counts the tries after the first one.
  if (retries !== null) watcher.set("max_retry", wholeOr(retries, 3) + 1);
}

function writeStop(watcher: SectionDraft, take: Take): void {
  const signal = take("stopsignal");
  if (signal !== null && signal !== "TERM") watcher.set("stop_signal", signal.toUpperCase());
  watcher.set("graceful_timeout", wholeOr(take("stopwaitsecs"), 10));
  if (readFlag(take("stopasgroup") ?? "") === true) watcher.set("stop_children", true);
  // Everything that a process started is killed with it here, whatever is said.
  take("killasgroup");
}

function wholeOr(text: string | null, otherwise: number): number {
  return text !== null && /^-?\d+$/.test(text.trim()) ? Number(text) : otherwise;
}

/** What all sections know: where a file stands, the host, and variables of the environment. */
export function commonLookup(directory: string, host: string): Lookup {
  return (name) => {
    if (name === "here") return directory;
    if (name === "host_node_name") return host;
    return name.startsWith("ENV_") ? `$(circus.env.${name.slice("ENV_".length)})` : null;
  };
}
