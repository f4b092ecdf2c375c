/** A [socket:NAME] section to a spec. */
import { SOCKET_OPTIONS, defaultSocket, octalText, parseInteger } from "../core/options.js";
import type { SocketSpec } from "../core/spec.js";
import type { Findings } from "./diagnose.js";
import { type Section, entryOf } from "./ini.js";
import { type DeadOptions, type Expand, readByTable } from "./reading.js";

export interface ReadSocket {
  readonly spec: SocketSpec;
  readonly section: Section;
  readonly findings: Findings;
}

const DEAD: DeadOptions = new Map([["use_papa", "leave it out; sockets are kept by circusd"]]);

/** The name in lower case: the text after the last `socket:` of the header. */
export function socketName(header: string): string {
  return header.slice(header.lastIndexOf("socket:") + "socket:".length).toLowerCase();
}

/** Reads the section; what is at fault stays at its default and is told in the findings. */
export function readSocket(section: Section, expand: Expand): ReadSocket {
  const rules = { options: SOCKET_OPTIONS, dead: DEAD, others: [], expand };
  const { spec, findings } = readByTable(section, defaultSocket(socketName(section.name)), rules);
  const family = entryOf(section, "family");
  if (spec.family === "AF_UNIX" && spec.path === null) {
    findings.error(`[${section.name}] is a unix socket without a path: say where its file is`, (family ?? section).place);
  }
  warnMask(section, findings, expand);
  return { spec: spec.path === null ? spec : { ...spec, family: "AF_UNIX" }, section, findings };
}

/** Circus reads the mask as a decimal number. Where that gives another mask, the user should know which one holds. */
function warnMask(section: Section, findings: Findings, expand: Expand): void {
  const entry = entryOf(section, "umask");
  const value = entry === null ? "" : expand(entry.value).trim();
  if (entry === null || !/^[1-7][0-7]+$/.test(value)) return;
  const decimal = octalText(parseInteger(value) ?? 0);
  findings.warning(
    `umask "${value}" in [${section.name}] is read as octal: write 0${value}, or ${decimal} for what Circus made of it`,
    entry.place,
  );
}
