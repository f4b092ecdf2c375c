/** A PM2 ecosystem file, as it was read or evaluated, to a circus.ini. */
import { type Result, fail, succeed } from "../../core/result.js";
import { Draft, type Translation } from "./draft.js";
import { type Surroundings, writeApp } from "./pm2-app.js";
import { scriptOf } from "./pm2-command.js";
import { AppReader } from "./pm2-reader.js";
import { shown, textOf } from "./pm2-values.js";

export interface Ecosystem {
  /** As the user named the file. */
  readonly source: string;
  /** What the file is, or exports. */
  readonly value: unknown;
  readonly around: Surroundings;
}

/** Names of the list of apps, the first of which is today's. */
const LISTS = ["apps", "processes", "pm2"];

/**
 * Translates; what has no counterpart stands as a note in its place. The failure is a reason for the user.
 * @example `translatePm2({ source: "ecosystem.config.js", value: { apps: [{ script: "app.js" }] }, around })`
 */
export function translatePm2({ source, value, around }: Ecosystem): Result<Translation, string> {
  const apps = appsOf(value);
  if (apps === null || apps.length === 0) return fail('it has no list of apps, such as { apps: [{ script: "app.js" }] }');
  const draft = new Draft();
  draft.note("Paths that are relative in pm2 count from where it was started; here they count from the directory of the ecosystem file.");
  draft.note("Processes get neither pm_id and other variables of pm2 nor a channel for process.send.");
  draft.section("circus").note("statsd feeds circus-top, which shows what pm2 monit does:");
  draft.section("circus").offer("statsd = True");
  const names = new Map<string, number>();
  for (const [index, app] of apps.entries()) {
    if (typeof app !== "object" || app === null) {
      draft.note(`apps[${index}] is ${shown(app)}, which is no app`);
      continue;
    }
    const reader = new AppReader(app);
    const name = nameOf(reader, index);
    const before = names.get(name.toLowerCase()) ?? 0;
    names.set(name.toLowerCase(), before + 1);
    writeApp(draft, reader, { name: before === 0 ? name : `${name}-${before + 1}`, around });
    if (before > 0) draft.section(`watcher:${name}-${before + 1}`).note(`name = ${name}: another app is called so, too`);
  }
  noteOthers(draft, value);
  return succeed(draft.finish(source));
}

function appsOf(value: unknown): readonly unknown[] | null {
  if (isList(value)) return value;
  if (typeof value !== "object" || value === null) return null;
  const known = new Map<string, unknown>(Object.entries(value));
  for (const name of LISTS) {
    const list = known.get(name);
    if (isList(list)) return list;
    if (typeof list === "object" && list !== null) return [list];
  }
  return known.has("script") ? [value] : null;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** As PM2 makes one: the script's file name without its ending. */
function nameOf(reader: AppReader, index: number): string {
  const given = textOf(reader.take("name"))?.replace(/\s+/g, " ").trim() ?? "";
  if (given !== "") return given;
  const file = scriptOf(reader).replace(/\s+/g, " ").split("/").at(-1) ?? "";
  const stem = file.replace(/(.)\.[^.]*$/, "$1");
  return stem === "" ? `app-${index + 1}` : stem;
}

function noteOthers(draft: Draft, value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  if ("script" in value) return;
  for (const name of Object.keys(value)) {
    if (name === "deploy")
      draft.remark(
        'deploy: circusd deploys nothing. Keep the steps in a script or a CI job whose last one is "circusctl reload NAME --waiting"',
      );
    else if (!LISTS.includes(name)) draft.remark(`${name}: not a part of an ecosystem file that is known here, and left out`);
  }
}
