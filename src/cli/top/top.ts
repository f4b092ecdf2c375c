/** The program circus-top: a command line in, an exit code out. */
import type { Figures } from "../../client/figures.js";
import type { Clock } from "../../core/ports.js";
import type { World } from "../world.js";
import { readTopArguments, type TopSettings } from "./options.js";
import type { TerminalScreen } from "./screen.js";

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
    await using route = await openRoute(settings, world);
    const { subscribeFigures } = await import("../../client/figures.js");
    using figures = subscribeFigures({ transport: await world.openTransport(), endpoint: route.endpoint });
    const lost: string[] = [];
    const end = (): void => figures.close();
    world.ending.addEventListener("abort", end, { once: true });
    void route.lost.then((why) => {
      lost.push(why);
      end();
    });
    if (world.ending.aborted) end();
    await present(figures, settings, world);
    if (lost[0] !== undefined) throw new Error(lost[0]);
    return 0;
  } catch (cause) {
    if (!(cause instanceof Error) || cause.message.startsWith("internal:")) throw cause;
    world.stderr.write(`circus-top: ${cause.message}\n`);
    return 1;
  }
}

async function present(figures: Figures, settings: TopSettings, world: TopWorld): Promise<void> {
  const { stdin, stdout, env, clock } = world;
  const { endpoint, processTimeout, json, once } = settings;
  const terminal = env["TERM"] ?? "";
  const screen = stdin.isTTY === true && stdout.isTTY === true && !["", "dumb"].includes(terminal);
  if (json || once || !screen) {
    const { printOnce, printRounds } = await import("./printing.js");
    const print = json && !once ? printRounds : printOnce;
    return print({ figures, clock, endpoint, processTimeout, json, env, stdout });
  }
  const [{ openScreen }, { runLive }, { signsOf }] = await Promise.all([import("./screen.js"), import("./live.js"), import("./text.js")]);
  const signs = signsOf(env);
  const colour = (env["NO_COLOR"] ?? "") === "";
  const options = { input: stdin, output: stdout, terminal, unicode: signs.unicode, colour };
  return runLive({
    ...{ figures, clock, endpoint, processTimeout, signs },
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

async function openRoute({ endpoint, ssh, sshKeyfile }: TopSettings, world: TopWorld): Promise<Route> {
  if (ssh === null) return { endpoint, lost: new Promise(() => undefined), [Symbol.asyncDispose]: async () => undefined };
  const { lossOf, openTunnel } = await import("../ssh.js");
  const tunnel = await openTunnel(world.run, endpoint, { server: ssh, keyfile: sshKeyfile, timeout: SSH_TIMEOUT });
  return { endpoint: tunnel.endpoint, lost: lossOf(tunnel, ssh), [Symbol.asyncDispose]: () => tunnel.close() };
}
