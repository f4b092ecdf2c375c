/** What can be done to watchers and processes, each with its confirmation where it takes something away. */
import type { Commands } from "../../wire/contract.js";
import type { WatcherState } from "../api.js";
import type { Console } from "./console.js";
import { plural } from "./model/format.js";
import { asObject } from "./requests.js";

/** Seconds for work on another server. */
const WORK_TIME = 300;

type Verb = "start" | "stop" | "restart" | "reload";

/** Runs a command on one watcher. Stopping and restarting are confirmed: somebody may be served right now. */
export async function act(console: Console, verb: Verb, watcher: WatcherState): Promise<void> {
  const { name } = watcher;
  if (!(await isMeant(console, verb, { name, processes: watcher.pids.length }))) return;
  // A name is a pattern unless it is said to be plain.
  const match = verb === "reload" ? {} : { match: "simple" as const };
  const reply = await console.command(verb, { name, ...match, waiting: true });
  if (reply !== null && verb !== "stop") await tellIfGivenUp(console, name);
}

/** Asks where something is taken away. @returns whether to go on */
async function isMeant(
  console: Console,
  verb: Verb,
  { name, processes }: { readonly name: string; readonly processes: number },
): Promise<boolean> {
  const many = plural(processes, "process", "processes");
  if (verb === "stop") {
    const body = `Its ${many} will get the stop signal, and SIGKILL after graceful_timeout. Nothing starts it again until somebody does.`;
    return console.confirm({ title: `Stop ${name}?`, body, action: "Stop" });
  }
  if (verb === "restart") {
    const body = `Its ${many} will be stopped, then started anew: for a moment nothing runs. A reload replaces them without a gap.`;
    return console.confirm({ title: `Restart ${name}?`, body, action: "Restart" });
  }
  return true;
}

/** A watcher of another server of the circuit. */
export interface FarTarget {
  /** Id of the server, and what it is called. */
  readonly server: string;
  readonly serverName: string;
  readonly name: string;
  readonly processes: number;
}

/** Runs a command on a watcher of another server, by way of this one. */
export async function actFar(console: Console, verb: Verb | "incr" | "decr", target: FarTarget): Promise<void> {
  const { server, serverName, name, processes } = target;
  const shown = `${name} on ${serverName}`;
  if (verb === "decr") {
    const body = `One of its ${plural(processes, "process", "processes")} is stopped, and the watcher keeps one less from now on.`;
    if (!(await console.confirm({ title: `Remove a process of ${shown}?`, body, action: "Remove it" }))) return;
  } else if (verb !== "incr" && !(await isMeant(console, verb, { name: shown, processes }))) return;
  const how = verb === "incr" || verb === "decr" ? { nb: 1 } : verb === "reload" ? {} : { match: "simple" };
  const properties = { name, ...how, waiting: true };
  const answer = await console.query("relay", { server, command: verb, properties, timeout: WORK_TIME });
  const reply = "reply" in answer ? asObject(asObject(answer.reply)["reply"]) : { status: "error", reason: answer.message };
  if (reply["status"] === "error") console.complain(`Cannot ${verb} ${shown}`, String(reply["reason"]));
}

/** circusd carries out a start also where nothing comes up, and then stops the watcher: the reader is to know. */
export async function tellIfGivenUp(console: Console, name: string): Promise<void> {
  const answer = await console.query("status", { name });
  if (!("reply" in answer) || asObject(answer.reply)["status"] !== "stopped") return;
  console.complain(
    `Cannot start ${name}`,
    "None of its processes came up, and circusd stopped it. Its log tells why: a program or directory that is not there, a hook that refused, a process that ended at once.",
  );
}

/** Replaces all processes without a gap, one by one where there is no room for twice as many. */
export async function reload(
  console: Console,
  name: string,
  how: Pick<Commands["reload"]["properties"], "graceful" | "sequential">,
): Promise<void> {
  await console.command("reload", { name, ...how, waiting: true });
}

const ALL: Readonly<Record<Verb, string>> = {
  start: "Every watcher that has autostart, and does not run, is started.",
  stop: "Every process of every watcher gets its stop signal. Nothing starts them again until somebody does.",
  restart: "Every watcher is stopped, then started anew: for a moment nothing runs.",
  reload: "The processes of every watcher are replaced, without a gap where the watcher allows it.",
};

/** Runs a command on all watchers, after it was confirmed. */
export async function actOnAll(console: Console, verb: Verb): Promise<void> {
  const action = `${verb.charAt(0).toUpperCase()}${verb.slice(1)} all`;
  if (!(await console.confirm({ title: `${action} watchers?`, body: ALL[verb], action }))) return;
  await console.command(verb, { waiting: true });
}

export async function remove(console: Console, name: string): Promise<void> {
  const body =
    "Its processes are stopped, and circusd forgets it. It comes back only by a reloadconfig or a restart of circusd, where circus.ini has it.";
  if (!(await console.confirm({ title: `Remove ${name}?`, body, action: "Remove" }))) return;
  const reply = await console.command("rm", { name, waiting: true });
  if (reply !== null) console.go({ page: "overview" });
}

export async function kill(console: Console, name: string, pid: number): Promise<void> {
  const body =
    "It is asked to end by the watcher's stop signal, and killed with everything it started when it outlasts graceful_timeout. Then the watcher starts another one in its place.";
  if (!(await console.confirm({ title: `Kill process ${pid} of ${name}?`, body, action: "Kill" }))) return;
  await console.command("kill", { name, pid });
}

export async function removeProcess(console: Console, { name, pids }: WatcherState): Promise<void> {
  const body = `One of its ${plural(pids.length, "process", "processes")} is stopped, and the watcher keeps one less from now on.`;
  if (!(await console.confirm({ title: `Remove a process of ${name}?`, body, action: "Remove it" }))) return;
  await console.command("decr", { name, nb: 1, waiting: true });
}
