/** The program circusctl: a command line in, an exit code out. */
import type { Command } from "./command.js";
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
      return printHelp(invocation.command, world);
    case "discover":
      return (await import("./discover.js")).discover(invocation.values, world);
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
      return withSession(world, values, (session) => execute(session, command, input));
    }
  }
}

async function printHelp(command: Command | null, world: World): Promise<number> {
  const { commandHelp, mainHelp } = await import("./help.js");
  world.stdout.write(`${command === null ? mainHelp() : commandHelp(command)}\n`);
  return 0;
}

/** Bash takes what is printed; the exit code is Circus's. */
async function completeForBash(world: World): Promise<number> {
  const { complete, wordsOfBash } = await import("./completion.js");
  const names = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    await withSession(world, {}, async (session) => {
      const { watcherNames } = await import("./shell.js");
      found.push(...(await watcherNames(session)));
      return 0;
    });
    return found;
  };
  world.stdout.write(`${(await complete(wordsOfBash(world.env), names)).join(" ")}\n`);
  return 1;
}

type Values = Extract<Invocation, { kind: "run" }>["values"];

/** Connects, through ssh where that is asked for, and leaves nothing open behind. */
async function withSession(world: World, values: Values, work: (session: Session) => Promise<number>): Promise<number> {
  const [{ readSettings, reportFailure }, { CircusClient }] = await Promise.all([import("./session.js"), import("../client/call.js")]);
  const settings = readSettings(values, world.env);
  try {
    await using route = await openRoute(world, settings);
    const transport = await world.openTransport();
    await using client = new CircusClient({ transport, endpoint: await route.reach(settings.endpoint), timeout: settings.timeout });
    return await work({ client, transport, settings, world, reach: route.reach, interrupt: route.interrupt });
  } catch (cause) {
    return reportFailure(cause, world.stderr);
  }
}

interface Route extends AsyncDisposable {
  readonly reach: (endpoint: string) => Promise<string>;
  readonly interrupt: () => AbortSignal | null;
}

async function openRoute(world: World, { ssh, sshKeyfile, timeout }: Settings): Promise<Route> {
  let signal: AbortSignal | null = null;
  const interrupt = (): AbortSignal => (signal ??= world.onInterrupt());
  if (ssh === null) return { reach: async (endpoint) => endpoint, interrupt, [Symbol.asyncDispose]: async () => undefined };
  const { openTunnel } = await import("./ssh.js");
  const tunnels: { close(): Promise<void> }[] = [];
  return {
    interrupt,
    async reach(endpoint) {
      const tunnel = await openTunnel(world.run, endpoint, { server: ssh, keyfile: sshKeyfile, timeout });
      tunnels.push(tunnel);
      return tunnel.endpoint;
    },
    async [Symbol.asyncDispose]() {
      for (const tunnel of tunnels) await tunnel.close();
    },
  };
}
