/** A supervisord.conf to a circus.ini. */
import { type Result, fail, succeed } from "../../core/result.js";
import { Draft, type Translation } from "./draft.js";
import { expandExpressions } from "./expansion.js";
import { OptionsReader } from "./options-reader.js";
import { type PythonIni, type PythonSection, type TextFile, parsePythonIni } from "./python-ini.js";
import { writeDaemon } from "./supervisord-daemon.js";
import { commonLookup, writeProgram } from "./supervisord-program.js";
import { writeSocket } from "./supervisord-socket.js";

export interface SupervisordFiles {
  /** As the user named it. */
  readonly source: string;
  /** The main file first, then those that it includes; absolute paths. */
  readonly files: readonly TextFile[];
  /** Name of this host, for `%(host_node_name)s`. */
  readonly host: string;
}

const OWN = ["supervisord", "supervisorctl", "unix_http_server", "inet_http_server", "include"];

/** The patterns of [include], absolute or relative to the main file; they may hold variables of the environment. */
export function includedFiles(main: TextFile, host: string): readonly string[] {
  const section = parsePythonIni([main]).sections.find(({ name }) => name === "include");
  const files = section?.options.get("files")?.value ?? "";
  const lookup = commonLookup(directoryOf(main.path), host);
  return expandExpressions(files, lookup)
    .split(/\s+/)
    .filter((word) => word !== "");
}

/**
 * Translates; what has no counterpart stands as a note in its place. The failure is a reason for the user.
 * @example `translateSupervisord({ source: "supervisord.conf", files: [{ path: "/etc/supervisord.conf", text }], host: "web1" })`
 */
export function translateSupervisord({ source, files, host }: SupervisordFiles): Result<Translation, string> {
  const ini = parsePythonIni(files);
  if (!ini.sections.some(({ name }) => /^(supervisord$|program:|fcgi-program:)/.test(name)))
    return fail("it has no section [supervisord] or [program:NAME]");
  const draft = new Draft();
  for (const line of ini.odd) draft.note(`"${line}" is neither a section nor an option, and is left out`);
  const groups = groupsOf(ini);
  const open = (section: PythonSection, group: string): OptionsReader =>
    new OptionsReader(section, (file) => {
      const common = commonLookup(directoryOf(file), host);
      return (name, format) => (name === "group_name" ? group : common(name, format));
    });
  const shared = writeDaemon(draft, ini.sections, (section) => open(section, ""));
  let programs = 0;
  for (const section of ini.sections) {
    const [, kind = "", name = ""] = /^([\w-]+):(.*)$/.exec(section.name) ?? [];
    if (kind === "program" || kind === "fcgi-program") {
      programs += 1;
      const reader = open(section, groups.get(name) ?? name);
      const socket = kind === "program" ? null : writeSocket(draft, name, reader);
      writeProgram(draft, { name, reader, socket }, shared);
    } else if (kind === "group") writeGroup(draft, name, section);
    else if (kind === "eventlistener") writeListener(draft, name, section);
    else if (kind === "rpcinterface") {
      if (name !== "supervisor")
        draft.remark(
          `[${section.name}]: interfaces cannot be added here; the web console has an interface of its own, and modules can add commands (docs/commands.md)`,
        );
    } else if (kind === "ctlplugin") draft.remark(`[${section.name}]: commands are added by modules, as docs/commands.md tells`);
    else if (!OWN.includes(section.name))
      draft.remark(`[${section.name}]: not a section that is known here, and left out`, ...quoted(section));
  }
  if (programs > 0) offerFlapping(draft);
  return succeed(draft.finish(source));
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** The group of each program that is in one. */
function groupsOf({ sections }: PythonIni): ReadonlyMap<string, string> {
  return new Map(
    sections
      .filter(({ name }) => name.startsWith("group:"))
      .flatMap((section) => membersOf(section).map((member) => [member, section.name.slice(6)])),
  );
}

function membersOf(section: PythonSection): readonly string[] {
  return (section.options.get("programs")?.value ?? "").split(/[\s,]+/).filter((name) => name !== "");
}

function writeGroup(draft: Draft, name: string, section: PythonSection): void {
  const members = membersOf(section);
  const priority = section.options.get("priority")?.value;
  draft.remark(
    `[group:${name}]: there are no groups here; commands take patterns, so give ${members.join(", ")} names with one beginning, such as "${name}-${members[0] ?? "web"}", and use "circusctl restart '${name}-*'"` +
      (priority === undefined ? "" : `. Its priority ${priority} counts for no watcher: set priority in each`),
  );
}

function writeListener(draft: Draft, name: string, section: PythonSection): void {
  draft.remark(
    `[eventlistener:${name}]: events are published over ZeroMQ, not written to standard input. Write a plugin (docs/library.md), listen with a client of any language (docs/protocol.md), or use a built-in one such as notifier or http_observer. It was:`,
    ...quoted(section),
  );
}

/** The options of a section, as lines that do nothing. */
function quoted(section: PythonSection): readonly string[] {
  return [...section.options].map(([key, { value }]) => `; ${key} = ${value.replace(/\s*\n\s*/g, " ")}`);
}

function offerFlapping(draft: Draft): void {
  draft.remark(
    "A program that keeps dying is started again after pauses that grow to 30 seconds, and never becomes FATAL. This plugin gives up after 4 deaths within 10 seconds, as startretries = 3 does:",
    "; [plugin:flapping]",
    "; use = flapping",
    "; attempts = 4",
    "; window = 10",
    "; max_retry = 0",
  );
}
