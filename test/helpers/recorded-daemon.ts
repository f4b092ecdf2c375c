/** circusd with the configuration that Circus was recorded with, and what the recording does not show. */
import { readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Daemon } from "./daemon.js";
import { repositoryPath } from "./root.js";
import { tempDir, type TempDir } from "./temp.js";
import { isJson } from "./transcript.js";

/** Milliseconds after which a reply or a fact counts as missing. */
export const PATIENCE = 15_000;

/** Changes a text of the recording into what it is here. */
export type Fit = (text: string) => string;

/** Plugins stay down, as what they do in between depends on time: they are taken out of what was recorded. */
const HELPERS: readonly unknown[] = ["plugin:flap"];

/** Seconds for which the worker that ignores its stop signal is waited for; 1.5 in the recording. */
const STUBBORN = 0.2;

/** Where the recorded daemon ran, and what it had in PATH. */
const HOME = "/srv/proto";
const PATH = "/usr/local/bin:/usr/bin:/bin";

const HOOKS = `
export const ok = () => true;
export const fail = () => { throw new Error("boom"); };
export const ext = ({ stats }) => { stats.custom = 42; };
`;

/** Other places, hooks in JavaScript, and programs that start quickly. */
function fitter(dir: TempDir): Fit {
  const changes: readonly (readonly [string, string])[] = [
    [`/usr/bin/python3 ${HOME}/worker_stubborn.py`, `/bin/sh ${dir.join("stubborn.sh")}`],
    ['/usr/bin/python3 -c "import time;time.sleep(3600)"', '/bin/sh -c "exec sleep 3600"'],
    ["tcp://127.0.0.1:15555", `ipc://${dir.join("control.sock")}`],
    ["tcp://127.0.0.1:15556", `ipc://${dir.join("events.sock")}`],
    ["tcp://127.0.0.1:15557", `ipc://${dir.join("stats.sock")}`],
    [HOME, dir.path],
  ];
  const hook = /^hooks\.(ok|fail|ext)\b/;
  return (text) => changes.reduce((fitted, [from, to]) => fitted.replaceAll(from, to), text.replace(hook, `${dir.join("hooks.mjs")}:$1`));
}

/** Starts circusd in a directory of its own, which outlives it: hooks are asked to the end. */
export async function startRecorded(t: TestContext): Promise<{ readonly daemon: Daemon; readonly fit: Fit }> {
  const dir = await tempDir();
  const fit = fitter(dir);
  const recorded = readFileSync(repositoryPath("test", "fixtures", "config", "recorded.ini"), "utf8");
  const lines = recorded.split("\n").map((line) => line.split(" = ").map(fit).join(" = "));
  const ini = lines
    .join("\n")
    .replace("umask = 18", "umask = 022")
    .replace("[plugin:flap]", "[plugin:flap]\nactive = False")
    .replace("port = 18080", "port = 0")
    .replace("graceful_timeout = 1.5", `graceful_timeout = ${STUBBORN}`);
  const files = { "hooks.mjs": HOOKS, "stubborn.sh": 'trap "" TERM; exec sleep 3600\n' };
  const daemon = await Daemon.start(t, { dir, ini, files, env: { PATH } });
  t.after(() => dir[Symbol.asyncDispose]());
  return { daemon, fit };
}

/** Whether a watcher is one of Circus's helpers. */
export function isHelper(name: unknown): boolean {
  return HELPERS.includes(name);
}

/** A recorded reply as it would be without those helpers, and the recorded patience were the one here. */
export function withoutHelpers(reply: unknown): unknown {
  if (!isJson(reply)) return reply;
  return Object.fromEntries(
    Object.entries(reply).map(([key, value]) => {
      if (key === "watchers" && Array.isArray(value)) return [key, value.filter((name) => !isHelper(name))];
      if (isJson(value) && (key === "statuses" || key === "infos"))
        return [key, Object.fromEntries(Object.entries(value).filter(([name]) => !isHelper(name)))];
      // The sum over all watchers; that of one comes with its name.
      if (key === "numprocesses" && reply["id"] === "id80") return [key, Number(value) - HELPERS.length];
      if (isJson(value) && value["graceful_timeout"] === 1.5) return [key, { ...value, graceful_timeout: STUBBORN }];
      return [key, value];
    }),
  );
}

/** Asks again and again until it holds. */
async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await turn();
  }
}

type Step = (daemon: Daemon) => Promise<unknown>;

const becomes =
  (name: string, status: string): Step =>
  (daemon) =>
    until(async () => (await daemon.status(name)) === status, `${name} is ${status}`);

const has =
  (name: string, count: number): Step =>
  (daemon) =>
    until(async () => (await daemon.pids(name)).length === count, `${name} has ${count} processes`);

const lists =
  (name: string, listed: boolean): Step =>
  (daemon) =>
    until(
      async () => {
        const reply = await daemon.client.call("list", {});
        return "watchers" in reply && reply.watchers.includes(name) === listed;
      },
      `${name} is ${listed ? "" : "not "}listed`,
    );

const noneStarts: Step = (daemon) =>
  until(async () => {
    const reply = await daemon.client.call("status", {});
    return "statuses" in reply && !Object.values(reply.statuses).includes("starting");
  }, "all have started");

const inTurn =
  (...steps: readonly Step[]): Step =>
  async (daemon) => {
    for (const step of steps) await step(daemon);
  };

/** Commands before an exchange that are not in the recording, and facts that came about in the time between. */
export const BEFORE: Readonly<Record<string, Step>> = {
  "list (id1)": inTurn(noneStarts, becomes("once", "stopped")),
  "decr waiting": ({ client }) => client.call("incr", { name: "web", nb: 2, waiting: true }),
  "incr back": ({ client }) => client.call("decr", { name: "web", waiting: true }),
  "set wrong type": ({ client }) => client.call("set", { name: "web", options: { numprocesses: 3 }, waiting: true }),
  "set close_child_stdin=True waiting": ({ client }) => client.call("set", { name: "web", options: { args: "3601" }, waiting: true }),
  "list (id159)": has("web", 1),
  "stop waiting": has("web", 1),
  "start unknown": becomes("web", "active"),
  "stop lazy": ({ client }) => client.call("start", { name: "lazy", waiting: true }),
  "conflict: start during restart": ({ client }) => client.call("restart", { name: "stubborn" }),
  "conflict: reloadconfig": lists("web", false),
  add: inTurn(lists("web", true), becomes("web", "active")),
  "add start waiting": ({ client }) => client.call("rm", { name: "dyn", waiting: true }),
  "status shows original case": becomes("stubborn", "active"),
  "add with stream dict": ({ client }) => client.call("rm", { name: "badcmd", waiting: true }),
  "rm nostop": becomes("s1", "active"),
  // Nobody supervises it any more, so it is ended by hand.
  "rm unknown": async (daemon) => {
    const { payload } = await daemon.event("watcher.s1.spawn");
    if (isJson(payload)) process.kill(Number(payload["process_pid"]), "SIGKILL");
  },
  "status crasher (flapping plugin active)": becomes("crasher", "active"),
  "list (id246)": ({ client }) => client.call("rm", { name: "crasher", waiting: true }),
  "status (id254)": inTurn(({ client }) => client.call("start", { waiting: true }), becomes("once", "stopped")),
};
