/** The way to a daemon on another host: a forward by the system's ssh, which ends with circusctl. */
import { mkdtemp, rm } from "node:fs/promises";
import { existsSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A program that was started with a pipe as its standard input. */
export interface Program {
  /** Settles when it has ended: how (`exit code 255`), and what it wrote to standard error. */
  readonly ended: Promise<{ readonly how: string; readonly said: string }>;
  /** Closes its standard input. */
  end(): void;
}

export type RunProgram = (file: string, args: readonly string[]) => Promise<Program>;

export interface Tunnel {
  /** Where the far endpoint is found on this host. */
  readonly endpoint: string;
  /** Settles when the way is no more, as `close()` was called or the connection was lost. */
  readonly ended: Program["ended"];
  close(): Promise<void>;
}

export interface SshSettings {
  /** `user@host:port`; user and port may be left out. */
  readonly server: string;
  readonly keyfile: string | null;
  /** Seconds to connect in; time for a password is not counted. */
  readonly timeout: number;
}

/**
 * ssh reads no end of file here, so a shell stands by and kills it when this program is gone, however it
 * went: the kernel closes the pipe then.
 */
const GUARD = `exec 3<&0
ssh "$@" </dev/null 3<&- &
child=$!
{ cat <&3; kill "$child"; } >/dev/null 2>&1 &
guard=$!
wait "$child"
code=$?
kill "$guard" 2>/dev/null
exit $code`;

/**
 * Opens a forward to an endpoint as the far host sees it, and waits until it stands.
 * @throws Error with ssh's own words when it cannot be had.
 */
export async function openTunnel(run: RunProgram, endpoint: string, settings: SshSettings): Promise<Tunnel> {
  const target = forwardTarget(endpoint);
  const { host, port } = readServer(settings.server);
  const directory = await mkdtemp(join(tmpdir(), "circusctl-"));
  const socket = join(directory, "s");
  const program = await run("sh", [
    ...["-c", GUARD, "circusctl-ssh"],
    ...["-N", "-T", "-S", "none", "-o", "ExitOnForwardFailure=yes", "-o", "StreamLocalBindMask=0177"],
    ...["-o", `ConnectTimeout=${Math.max(1, Math.ceil(settings.timeout))}`],
    ...(port === null ? [] : ["-p", port]),
    ...(settings.keyfile === null ? [] : ["-i", settings.keyfile]),
    ...["-L", `${socket}:${target}`, "--", host],
  ]);
  const close = async (): Promise<void> => {
    program.end();
    await program.ended;
    await rm(directory, { recursive: true, force: true });
  };
  const failure = await Promise.race([appears(directory, socket), program.ended]);
  if (failure === null) return { endpoint: `ipc://${socket}`, ended: program.ended, close };
  await close();
  throw new Error(
    `Cannot reach "${endpoint}" through ssh to "${settings.server}": ssh ended with ${failure.how}${failure.said === "" ? "" : `: ${failure.said}`}`,
  );
}

/** Resolves with ssh's own words when the way is no more. */
export async function lossOf({ ended }: Pick<Tunnel, "ended">, server: string): Promise<string> {
  const { how, said } = await ended;
  return `Lost the way through ssh to "${server}": ssh ended with ${how}${said === "" ? "" : `: ${said}`}`;
}

/** Waits until a file is in a directory. */
function appears(directory: string, file: string): Promise<null> {
  return new Promise((resolve, reject) => {
    const watcher = watch(directory, { persistent: false }, () => {
      if (!existsSync(file)) return;
      watcher.close();
      resolve(null);
    });
    watcher.once("error", reject);
  });
}

function forwardTarget(endpoint: string): string {
  const tcp = /^tcp:\/\/(.+:\d+)$/.exec(endpoint)?.[1];
  const path = /^ipc:\/\/(\/.+)$/.exec(endpoint)?.[1];
  const target = tcp ?? path;
  if (target === undefined) throw new Error(`Cannot forward "${endpoint}" through ssh: write tcp://HOST:PORT or ipc:///PATH`);
  return target;
}

function readServer(server: string): { readonly host: string; readonly port: string | null } {
  const [, host, port] = /^((?:[^@\s:-][^@\s:]*@)?[^\s:@-][^\s:@]*)(?::(\d+))?$/.exec(server) ?? [];
  if (host === undefined) throw new Error(`Cannot use "${server}" with --ssh: write user@host or user@host:port`);
  return { host, port: port ?? null };
}
