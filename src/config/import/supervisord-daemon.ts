/** The sections of a supervisord.conf about supervisord itself to [circus] and [env]. */
import type { Draft, SectionDraft } from "./draft.js";
import { isWritableVariable } from "./draft.js";
import type { OptionsReader } from "./options-reader.js";
import type { PythonSection } from "./python-ini.js";
import type { Shared } from "./supervisord-program.js";
import { logLevel, readFlag, readPairs } from "./supervisord-values.js";

type Open = (section: PythonSection) => OptionsReader;

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i;

/** Writes them, and returns what they say for all programs. */
export function writeDaemon(draft: Draft, sections: readonly PythonSection[], open: Open): Shared {
  const circus = draft.section("circus");
  const reader = (name: string): OptionsReader | null => {
    const section = sections.find((one) => one.name === name);
    return section === undefined ? null : open(section);
  };
  const daemon = reader("supervisord");
  if (daemon !== null) writeOwn(circus, daemon);
  const local = reader("unix_http_server");
  if (local !== null) writeEndpoints(circus, local);
  const web = reader("inet_http_server");
  if (web !== null) writeConsole(circus, web, local === null ? null : `ipc://${directoryOf(local.take("file") ?? "")}/circus-stats.sock`);
  const control = reader("supervisorctl");
  if (control !== null) noteControl(circus, control);
  if (daemon !== null) writeEnvironment(draft, daemon);
  const include = reader("include");
  if (include !== null)
    draft.note(`[include] files = ${(include.raw("files") ?? "").replace(/\s+/g, " ")}: what the files say is part of this one`);
  return readShared(circus, daemon);
}

function writeOwn(circus: SectionDraft, reader: OptionsReader): void {
  const logfile = reader.take("logfile");
  if (logfile === null) circus.note("logfile: circusd logs to standard error; logoutput names a file");
  else if (!/^\/dev\/(stdout|stderr|fd\/[12])$/.test(logfile)) {
    circus.set("logoutput", logfile);
    if (logfile !== "/dev/null")
      circus.note("logfile_maxbytes, logfile_backups: circusd does not rotate its own log; logrotate may move it away at any time");
  }
  for (const name of ["logfile_maxbytes", "logfile_backups"]) reader.raw(name);
  const level = reader.take("loglevel");
  if (level !== null) {
    const own = logLevel(level);
    if (own === null) circus.note(`loglevel = ${level}: no level of supervisord`);
    else circus.set("loglevel", own);
  }
  const pidfile = reader.take("pidfile");
  if (pidfile !== null) circus.set("pidfile", pidfile);
  circus.set("umask", (reader.take("umask") ?? "022").padStart(3, "0"));
  if (readFlag(reader.take("nodaemon") ?? "false") === false)
    circus.note('nodaemon = false: start it by "circusd --daemon", or by a systemd unit without');
  const dropped: readonly (readonly [name: string, advice: string])[] = [
    ["identifier", "circusd has no name of its own"],
    ["childlogdir", "there are no log files that nobody named: set stdout_stream.filename in a watcher"],
    ["strip_ansi", "output is written as it came"],
    ["silent", "redirect circusd's standard error"],
    ["minprocs", "raise the limit where circusd is started, in a systemd unit by LimitNPROC"],
  ];
  for (const [name, advice] of dropped) {
    const value = reader.take(name);
    if (value !== null && readFlag(value) !== false) circus.note(`${name} = ${value}: ${advice}`);
  }
  reader.raw("nocleanup");
}

function directoryOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.lastIndexOf("/")) : ".";
}

/** Whoever may open the files may command circusd, as with supervisord's socket. */
function writeEndpoints(circus: SectionDraft, reader: OptionsReader): void {
  const file = reader.take("file");
  if (file !== null) {
    const directory = directoryOf(file);
    circus.note(
      `[unix_http_server] file = ${file}: circusctl asks there when CIRCUSCTL_ENDPOINT or --endpoint names it. Without these two lines it is tcp://127.0.0.1:5555, which everybody on this host may use`,
    );
    circus.set("endpoint", `ipc://${directory}/circus.sock`);
    circus.set("pubsub_endpoint", `ipc://${directory}/circus-events.sock`);
  }
  const mode = reader.take("chmod");
  if (mode !== null && !/^0?[67]00$/.test(mode)) circus.note(`chmod = ${mode}: the socket is its owner's alone`);
  const owner = reader.take("chown");
  if (owner !== null)
    circus.note(
      `chown = ${owner}: endpoint_owner = ${owner.split(":")[0] ?? owner} gives the socket to that user; watchers that are added while circusd runs must then run as that user`,
    );
  if (reader.take("username") !== null) circus.note("username, password: who may open the socket needs none");
  reader.raw("password");
  noteLeft(circus, reader);
}

/** Where a password was asked for, the console stays off until there is one. */
function writeConsole(circus: SectionDraft, reader: OptionsReader, stats: string | null): void {
  const port = reader.take("port") ?? "9001";
  const user = reader.take("username");
  reader.raw("password");
  const at = port.lastIndexOf(":");
  const host = at === -1 ? "" : port.slice(0, at);
  const outside = !LOOPBACK.test(host);
  const everywhere = host === "" || host === "*" ? "0.0.0.0" : host;
  const lines: readonly (readonly [string, string])[] = [
    ["statsd", "True"],
    ...(stats === null ? [] : [["stats_endpoint", stats] as const]),
    ["httpd", "True"],
    ["httpd_port", port.slice(at + 1)],
  ];
  const guarded: readonly (readonly [string, string])[] = [
    ["httpd_host", outside ? everywhere : host],
    ["httpd_password_file", "FILE"],
  ];
  if (user === null) for (const [key, value] of lines) circus.set(key, value);
  if (user === null && !outside) circus.set("httpd_host", host);
  else {
    const why = user === null ? "the web console asks for a password on any device but the loopback" : "the password is not taken over";
    circus.note(
      `[inet_http_server] port = ${port}: ${why}. Make one by "circushttpd --add-user ${user ?? "NAME"} --role admin --password-file FILE", then take these lines:`,
    );
    for (const [key, value] of [...(user === null ? [] : lines), ...guarded]) circus.offer(`${key} = ${value}`);
  }
  noteLeft(circus, reader);
  circus.note("XML-RPC is not spoken here: programs use the protocol (docs/protocol.md) or the console's interface under /api");
}

function noteControl(circus: SectionDraft, reader: OptionsReader): void {
  const url = reader.take("serverurl");
  if (url !== null)
    circus.note(`[supervisorctl] serverurl = ${url}: circusctl has no file of settings; set CIRCUSCTL_ENDPOINT to the endpoint above`);
}

function writeEnvironment(draft: Draft, reader: OptionsReader): void {
  const { pairs, rest } = readPairs(reader.raw("environment") ?? "");
  if (rest !== "") draft.section("env").note(`environment: cannot read ${rest}`);
  for (const [name, value] of pairs) {
    const text = reader.expand("environment", value);
    if (isWritableVariable(name, text)) draft.section("env").set(name, text);
    else
      draft
        .section("env")
        .note(`environment: ${name} has a value that an [env] section would read in another way; set it where circusd is started`);
  }
}

function readShared(circus: SectionDraft, reader: OptionsReader | null): Shared {
  const user = reader?.take("user") ?? null;
  const directory = reader?.take("directory") ?? null;
  const minfds = reader?.take("minfds") ?? null;
  if (user !== null)
    circus.note(
      `user = ${user}: circusd itself keeps its user, and programs without one of theirs run as ${user}; start it as ${user} where that will do`,
    );
  if (reader !== null) noteLeft(circus, reader);
  return { user, directory, minfds };
}

function noteLeft(circus: SectionDraft, reader: OptionsReader): void {
  for (const [key, value] of reader.left())
    circus.note(`[${reader.section.name}] ${key} = ${value}: not an option that is known here, and left out`);
}
