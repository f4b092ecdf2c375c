/** The program circus-top: a command line in, an exit code out. */
import type { Clock } from "../../core/ports.js";
import type { World } from "../world.js";
import { DEFAULT_ENDPOINT } from "../options.js";
import { DEFAULT_STATS_ENDPOINT, readTopArguments, type TopSettings } from "./options.js";
import type { TerminalScreen } from "./screen.js";
import type { Source } from "./source.js";

/** What circus-top needs of the world. */
export interface TopWorld extends Omit<World, "ask" | "importConfiguration" | "isListening" | "onInterrupt"> {
  readonly clock: Clock;
  /** Aborted when a signal asks the program to end. */
  readonly ending: AbortSignal;
  /** Hands over what has to be given back when the program ends, however that comes, and while it is stopped. */
  protect(screen: TerminalScreen): void;
  /** Stops the program as Ctrl-Z does. */
  suspend(): void;
}

/** Seconds in which ssh has to connect. */
const SSH_TIMEOUT = 5;

/**
 * Runs circus-top until the user or a signal ends it.
 * @returns the exit code: 0 done, 1 no figures or no way to them, 2 wrong usage.
 */
export async function runCircusTop(world: TopWorld): Promise<number> {
  const request = await readTopArguments(world.argv);
  if (!request.ok) {
    const { TOP_USAGE } = await import("./help.js");
    world.stderr.write(`${TOP_USAGE}\ncircus-top: error: ${request.failure}\n`);
    return 2;
  }
  switch (request.value.kind) {
    case "version":
      world.stdout.write(`${world.version}\n`);
      return 0;
    case "help":
      world.stdout.write(`${(await import("./help.js")).topHelp()}\n`);
      return 0;
    case "show":
      return show(request.value.settings, world);
  }
}

async function show(settings: TopSettings, world: TopWorld): Promise<number> {
  try {
    const endpoint = settings.endpoint ?? (settings.cluster ? world.env["CIRCUSCTL_ENDPOINT"] || DEFAULT_ENDPOINT : DEFAULT_STATS_ENDPOINT);
    await using route = await openRoute({ ...settings, endpoint }, world);
    await using shown = settings.cluster
      ? await showCircuit(route.endpoint, settings, world)
      : await showDaemon(route.endpoint, settings, world);
    const lost: string[] = [];
    const end = (): void => shown.close();
    world.ending.addEventListener("abort", end, { once: true });
    void route.lost.then((why) => {
      lost.push(why);
      end();
    });
    if (world.ending.aborted) end();
    await shown.present(endpoint);
    if (lost[0] !== undefined) throw new Error(lost[0]);
    return 0;
  } catch (cause) {
    if (!(cause instanceof Error) || cause.message.startsWith("internal:")) throw cause;
    world.stderr.write(`circus-top: ${cause.message}\n`);
    return 1;
  }
}

/** What is shown, on the screen or as text, until it is closed. */
interface Shown extends AsyncDisposable {
  close(): void;
  /** @param endpoint as it was given */
  present(endpoint: string): Promise<void>;
}

async function showDaemon(reached: string, settings: TopSettings, world: TopWorld): Promise<Shown> {
  const [{ subscribeFigures }, { daemonSource }] = await Promise.all([import("../../client/figures.js"), import("./source.js")]);
  const figures = subscribeFigures({ transport: await world.openTransport(), endpoint: reached });
  const close = (): void => figures.close();
  const { env, stdout, clock } = world;
  const { processTimeout, json, once } = settings;
  return {
    close,
    async present(endpoint) {
      if (hasScreen(settings, world)) return live(daemonSource(figures, clock, processTimeout), endpoint, world);
      const { printOnce, printRounds } = await import("./printing.js");
      const print = json && !once ? printRounds : printOnce;
      return print({ figures, clock, endpoint, processTimeout, json, env, stdout });
    },
    [Symbol.asyncDispose]: async () => close(),
  };
}

async function showCircuit(reached: string, settings: TopSettings, world: TopWorld): Promise<Shown> {
  const [{ CircusClient }, { CircuitSource }] = await Promise.all([import("../../client/call.js"), import("./circuit-source.js")]);
  const { env, stdout, clock } = world;
  const { processTimeout, json, once } = settings;
  const client = new CircusClient({ transport: await world.openTransport(), endpoint: reached, timer: clock });
  const source = new CircuitSource({ client, clock, processTimeout });
  return {
    close: () => source.close(),
    async present(endpoint) {
      if (hasScreen(settings, world)) return live(source, endpoint, world);
      const { printCircuitOnce, printCircuitRounds } = await import("./circuit-printing.js");
      const print = json && !once ? printCircuitRounds : printCircuitOnce;
      return print({ source, clock, endpoint, json, env, stdout });
    },
    async [Symbol.asyncDispose]() {
      source.close();
      await client.close();
    },
  };
}

function hasScreen({ json, once }: TopSettings, { stdin, stdout, env }: TopWorld): boolean {
  return !json && !once && stdin.isTTY === true && stdout.isTTY === true && !["", "dumb"].includes(env["TERM"] ?? "");
}

async function live(source: Source, endpoint: string, world: TopWorld): Promise<void> {
  const { stdin, stdout, env, clock } = world;
  const terminal = env["TERM"] ?? "";
  const [{ openScreen }, { runLive }, { signsOf }] = await Promise.all([import("./screen.js"), import("./live.js"), import("./text.js")]);
  const signs = signsOf(env);
  const colour = (env["NO_COLOR"] ?? "") === "";
  const options = { input: stdin, output: stdout, terminal, unicode: signs.unicode, colour };
  return runLive({
    ...{ source, clock, endpoint, signs },
    suspend: () => world.suspend(),
    open: (listener) => {
      const opened = openScreen(options, listener);
      world.protect(opened);
      return opened;
    },
  });
}

interface Route extends AsyncDisposable {
  readonly endpoint: string;
  /** Why the way is no more; never settles where nothing can be lost. */
  readonly lost: Promise<string>;
}

async function openRoute(
  { endpoint, ssh, sshKeyfile }: Pick<TopSettings, "ssh" | "sshKeyfile"> & { readonly endpoint: string },
  world: TopWorld,
): Promise<Route> {
  if (ssh === null) return { endpoint, lost: new Promise(() => undefined), [Symbol.asyncDispose]: async () => undefined };
  const { lossOf, openTunnel } = await import("../ssh.js");
  const tunnel = await openTunnel(world.run, endpoint, { server: ssh, keyfile: sshKeyfile, timeout: SSH_TIMEOUT });
  return { endpoint: tunnel.endpoint, lost: lossOf(tunnel, ssh), [Symbol.asyncDispose]: () => tunnel.close() };
}
