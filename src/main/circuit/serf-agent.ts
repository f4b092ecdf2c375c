/** The serf agent of a server: its files, and whoever supervises it. */
import { hkdfSync, randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { SerfAgent } from "../../core/circuit/serf-port.js";
import type { SerfProfile } from "../../core/circuit/spec.js";
import { parseHostPort } from "../../core/options.js";
import type { Log } from "../../core/ports.js";
import { freePort, isPortFree } from "../../os/free-port.js";
import { isLoopback, type ListenPlace } from "../../os/listen-place.js";
import { hostAndPort } from "../../wire/circuit/address.js";
import type { ClusterKey } from "../../wire/circuit/link.js";

/** Keeps the agent running, once its configuration is written. */
export interface AgentRunner {
  /** Of the agent's configuration. */
  readonly file: string;
  /** @throws Error that says why it cannot run */
  start(): Promise<void>;
  /** Starts it where somebody has stopped it. Never rejects. */
  awake(): Promise<void>;
  /** Why it ended, in its own words; null where it said nothing. Never rejects. */
  lastWords(): Promise<string | null>;
  /** Ends it without a good-bye; it comes back at once. Never rejects. */
  kill(): Promise<void>;
  /** Never rejects. */
  stop(): Promise<void>;
}

export interface SerfAgentParts {
  readonly place: ListenPlace;
  /** What `serf_bind` says; null takes the usual port at the address of the server. */
  readonly bind: string | null;
  /** Null is chosen by the address. */
  readonly profile: SerfProfile | null;
  /** Whether the port of the server was left to chance, so that there may be many on one host. */
  readonly isAnywhere: boolean;
  readonly keys: readonly ClusterKey[];
  readonly runner: AgentRunner;
  readonly log: Log;
}

export interface KeyedSerfAgent extends SerfAgent {
  /** New keys: the agent takes them when it starts, so it is started again, which nobody notices. */
  rekey(keys: readonly ClusterKey[]): Promise<void>;
}

/** Serf's own. */
const USUAL_PORT = 7946;
const RPC_HOST = "127.0.0.1";
/** Bytes of the keys that serf takes. */
const KEY_LENGTH = 32;
const ONLY_OURS = 0o600;

/** @throws Error that says why there can be none */
export async function prepareSerfAgent(parts: SerfAgentParts): Promise<KeyedSerfAgent> {
  const { runner, keys } = parts;
  const [bind, port] = [await bindOf(parts), await freePort(RPC_HOST)];
  const key = randomBytes(KEY_LENGTH).toString("hex");
  const directory = dirname(runner.file);
  const [tagsFile, keyring] = [join(directory, "tags.json"), join(directory, "keyring.json")];
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new Error(`Cannot keep the files of the serf agent in "${directory}": ${reasonOf(cause)}; set state_dir in [cluster]`);
  });
  let ring = keys.map(serfKey);
  return {
    host: RPC_HOST,
    port,
    key,
    async start(name, tags) {
      await writeOwn(tagsFile, tags);
      if (keys.length > 0) await writeOwn(keyring, ring);
      const files = {
        tags_file: tagsFile,
        snapshot_path: join(directory, "snapshot"),
        ...(keys.length > 0 ? { keyring_file: keyring } : {}),
      };
      const rpc = { rpc_addr: hostAndPort(RPC_HOST, port), rpc_auth: key };
      await writeOwn(runner.file, { node_name: name, ...bind, ...rpc, ...files, ...MANNERS });
      await runner.start();
    },
    awake: () => runner.awake(),
    lastWords: () => runner.lastWords(),
    stop: () => runner.stop(),
    async rekey(changed) {
      const next = changed.map(serfKey);
      if (keys.length === 0 || next.length === 0 || next.join() === ring.join()) return;
      ring = next;
      await writeOwn(keyring, ring);
      await runner.kill();
    },
  };
}

/** A directory for a server that keeps nothing; whoever made it removes it. */
export async function passingDirectory(): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "circuit-serf-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

const MANNERS = {
  // Whoever was known is joined again, also after a good-bye.
  rejoin_after_leave: true,
  // Of one that was lost; serf's own 30 s let two halves of a circuit wait for long.
  reconnect_interval: "5s",
  broadcast_timeout: "1s",
  disable_coordinates: true,
  log_level: "err",
} as const;

async function bindOf({ place, bind, profile, isAnywhere, keys, log }: SerfAgentParts): Promise<Readonly<Record<string, string>>> {
  const asked = bind === null ? null : parseHostPort(bind);
  if (bind !== null && asked === null) throw new Error(`Cannot let the serf agent listen at "${bind}": write HOST:PORT`);
  const host = asked?.host ?? place.host;
  if (keys.length === 0 && !isLoopback(host) && host !== "localhost") {
    throw new Error(`Cannot let the serf agent listen at "${host}" without a key: set key_file in [cluster], or a serf_bind on 127.0.0.1`);
  }
  const port = asked?.port ?? (isAnywhere ? await freePort(host) : await usualPort(host, log));
  // What is bound to all devices is told as the server's own address.
  const isWild = host === "0.0.0.0" || host === "::";
  const advertise = asked === null || isWild ? place.advertised.host : host;
  return {
    bind: hostAndPort(host, port),
    advertise: hostAndPort(advertise, port),
    profile: profile ?? (isLoopback(advertise) ? "local" : "lan"),
  };
}

async function usualPort(host: string, log: Log): Promise<number> {
  if (await isPortFree(host, USUAL_PORT)) return USUAL_PORT;
  const port = await freePort(host);
  log.warning(
    `The serf agent listens at port ${port}, since ${USUAL_PORT} is taken: set serf_bind in [cluster] for one that stays the same`,
  );
  return port;
}

/** One that serf takes and that tells nothing of the circuit's. */
function serfKey(key: ClusterKey): string {
  return Buffer.from(hkdfSync("sha256", key, "", "circus serf agent", KEY_LENGTH)).toString("base64");
}

async function writeOwn(file: string, value: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`, { mode: ONLY_OURS });
  // The mode above is for a file that is made.
  await chmod(file, ONLY_OURS);
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
