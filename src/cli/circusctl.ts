/** The program circusctl: a command line in, an exit code out. */
import type { AddedCommandInfo } from "../wire/contract.js";
import { readInvocation, type Invocation } from "./invocation.js";
import type { Session, Settings } from "./session.js";
import type { World } from "./world.js";

/**
 * Runs circusctl.
 * @returns the exit code: 0 done, 1 wrong arguments of a command, no answer in time or interrupted,
 * 2 wrong usage, 3 the daemon refused.
 */
export async function runCircusctl(world: World): Promise<number> {
  if ("AUTO_COMPLETE" in world.env) return completeForBash(world);
  const invocation = await readInvocation(world.argv);
  if (!invocation.ok) {
    const { USAGE } = await import("./help.js");
    world.stderr.write(`${USAGE}\ncircusctl: error: ${invocation.failure}\n`);
    return 2;
  }
  return obey(invocation.value, world);
}

async function obey(invocation: Invocation, world: World): Promise<number> {
  switch (invocation.kind) {
    case "version":
      world.stdout.write(`circusctl ${world.version}\n`);
      return 0;
    case "help":
      return printHelp(invocation, world);
    case "added":
      return runAdded(invocation, world);
    case "discover":
      return (await import("./discover.js")).discover(invocation.values, world);
    case "local":
      return (await import("./local.js")).LOCAL_COMMANDS[invocation.name].run(invocation.words, world);
    case "localHelp":
      world.stdout.write(`${(await import("./local.js")).localHelp(invocation.name)}\n`);
      return 0;
    case "shell": {
      const { values } = invocation;
      return withSession(world, values, async (session) => (await import("./shell.js")).runShell(session, world));
    }
    case "run": {
      const { command, input, values } = invocation;
      const { execute, refuseInput } = await import("./execute.js");
      // Before the network is touched: ssh would ask for a password in vain.
      const request = command.request(input);
      if (!request.ok) return refuseInput(command, request.failure, world.stderr);
      if (!meansSeveral(values)) return withSession(world, values, (session) => execute(session, command, input));
      const { executeOnServers } = await import("./several.js");
      return withSession(world, values, (session) => executeOnServers(session, command, input));
    }
  }
}

async function printHelp({ command, values }: Extract<Invocation, { kind: "help" }>, world: World): Promise<number> {
  const { commandHelp, mainHelp } = await import("./help.js");
  if (command !== null) {
    world.stdout.write(`${commandHelp(command)}\n`);
    return 0;
  }
  const added: AddedCommandInfo[] = [];
  if (await isToBeAsked(values, world)) {
    await withSession(world, values, async ({ client }) => {
      added.push(...(await (await import("./added.js")).addedCommands(client)));
      return 0;
    });
  }
  world.stdout.write(`${mainHelp(added)}\n`);
  return 0;
}

/** Help must not wait for a daemon that is not there, unless it was named. */
async function isToBeAsked(values: Values, world: World): Promise<boolean> {
  if ("endpoint" in values || world.env["CIRCUSCTL_ENDPOINT"]) return true;
  const { readSettings } = await import("./session.js");
  const { endpoint, ssh } = readSettings(values, world.env);
  return ssh === null && world.isListening(endpoint);
}

/** A slip of the finger is told as such, with the exit code of wrong usage. */
async function runAdded({ name, words, values, failure }: Extract<Invocation, { kind: "added" }>, world: World): Promise<number> {
  return withSession(world, values, async (session) => {
    const { addedCommands, addedHelp, executeAdded } = await import("./added.js");
    const known = (await addedCommands(session.client)).find((one) => one.name === name.toLowerCase());
    if (known === undefined) {
      world.stderr.write(`usage: circusctl [options] command [args]\ncircusctl: error: ${failure}\n`);
      return 2;
    }
    if (words[0] !== "--help" && words[0] !== "-h") {
      if (!meansSeveral(values)) return executeAdded(session, { name, words });
      return (await import("./several.js")).executeAddedOnServers(session, { name, words, values });
    }
    world.stdout.write(`${addedHelp(known)}\n`);
    return 0;
  });
}

/** The shell takes what is printed; the exit code is Circus's. */
async function completeForBash(world: World): Promise<number> {
  const { afterGlobalOptions, complete, wordsOfBash } = await import("./completion.js");
  const line = afterGlobalOptions(wordsOfBash(world.env));
  const ask = async (what: "watcherNames" | "addedNames" | "serverNames"): Promise<readonly string[]> => {
    const found: string[] = [];
    await withSession(world, line.values, async (session) => {
      if (what === "serverNames") found.push(...(await (await import("./servers.js")).serverNames(session.client)));
      else found.push(...(await (await import("./shell.js"))[what](session)));
      return 0;
    });
    return found;
  };
  const names = { watchers: () => ask("watcherNames"), commands: () => ask("addedNames"), servers: () => ask("serverNames") };
  const found = await complete(line.words, names);
  // Circus prints them in one line, which names with blanks do not survive.
  const between = world.env["AUTO_COMPLETE"] === "lines" ? "\n" : " ";
  world.stdout.write(`${found.join(between)}\n`);
  return 1;
}

type Values = Extract<Invocation, { kind: "run" }>["values"];

function meansSeveral(values: Values): boolean {
  return "cluster" in values || "label" in values;
}

/** Connects, through ssh where that is asked for, and leaves nothing open behind. */
async function withSession(world: World, values: Values, work: (session: Session) => Promise<number>): Promise<number> {
  const [{ readSettings, reportFailure, sessionAt }, { CircusClient }] = await Promise.all([
    import("./session.js"),
    import("../client/call.js"),
  ]);
  const settings = readSettings(values, world.env);
  try {
    await using route = await openRoute(world, settings);
    const transport = await world.openTransport();
    await using client = new CircusClient({ transport, endpoint: await route.reach(settings.endpoint), timeout: settings.timeout });
    const { reach, interrupt } = route;
    const done = work(sessionAt({ client, server: null, transport, settings, world, reach, interrupt }, values["server"]));
    return await Promise.race([done, route.lost]);
  } catch (cause) {
    return reportFailure(cause, world.stderr);
  }
}

interface Route extends AsyncDisposable {
  readonly reach: (endpoint: string) => Promise<string>;
  /** Rejects when the way through ssh is no more. */
  readonly lost: Promise<never>;
  readonly interrupt: () => AbortSignal | null;
}

async function openRoute(world: World, { ssh, sshKeyfile, timeout }: Settings): Promise<Route> {
  let signal: AbortSignal | null = null;
  const interrupt = (): AbortSignal => (signal ??= world.onInterrupt());
  let lose: (cause: Error) => void = () => undefined;
  const lost = new Promise<never>((_, reject) => (lose = reject));
  // Nobody hears it once the work is done.
  lost.catch(() => undefined);
  if (ssh === null) return { reach: async (endpoint) => endpoint, lost, interrupt, [Symbol.asyncDispose]: async () => undefined };
  const { lossOf, openTunnel } = await import("./ssh.js");
  const tunnels: { close(): Promise<void> }[] = [];
  return {
    lost,
    interrupt,
    async reach(endpoint) {
      const tunnel = await openTunnel(world.run, endpoint, { server: ssh, keyfile: sshKeyfile, timeout });
      tunnels.push(tunnel);
      void lossOf(tunnel, ssh).then((told) => lose(new Error(told)));
      return tunnel.endpoint;
    },
    async [Symbol.asyncDispose]() {
      for (const tunnel of tunnels) await tunnel.close();
    },
  };
}
