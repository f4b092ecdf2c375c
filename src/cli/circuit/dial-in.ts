/** Finds a server to ask, in the order that users expect: what the command line says, then the environment, then this host. */
import { CircuitClient } from "../../circuit/client.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import type { ClusterKey } from "../../wire/circuit/link.js";
import { complain, Refusal } from "./failure.js";
import type { Flags } from "./flags.js";
import { DEFAULT_ADDRESS, DEFAULT_TIMEOUT } from "./options.js";
import type { CircuitWorld } from "./world.js";

interface Found {
  readonly addresses: readonly string[];
  /** Who gave them, where that was not the command line. */
  readonly source: string | null;
  /** Nobody gave them. */
  readonly isGuess?: boolean;
}

/**
 * Connects to a circuit.
 * @throws Refusal that says what to do
 */
export async function dialIn(world: CircuitWorld, flags: Flags, signal: AbortSignal): Promise<CircuitClient> {
  const timeout = readTimeout(flags);
  const keys = await readKeys(world, flags);
  const { addresses, source, isGuess = false } = await findAddresses(world, flags, { keys, wait: timeout, signal });
  const client = openClient(world, { addresses, source, keys, timeout });
  try {
    await client.server({ signal });
    return client;
  } catch (cause) {
    await client.close();
    if (!(cause instanceof CircuitError) || cause.code === "cancelled") throw cause;
    if (isGuess) throw new Refusal(`${cause.message}; ${WAYS}`);
    throw new Refusal(source === null ? cause.message : `${cause.message} (the address is from ${source})`);
  }
}

const WAYS =
  "start a server with circuit start, or name one by -d ADDRESS, by a file with its address in $CIRCUIT, or by --discover HOST:PORT";

function openClient(
  world: CircuitWorld,
  { source, keys, ...options }: Found & { readonly keys: readonly ClusterKey[]; readonly timeout: number },
): CircuitClient {
  try {
    return new CircuitClient({ ...options, deadline: options.timeout, dial: world.dialling(keys) });
  } catch (cause) {
    if (!(cause instanceof CircuitError)) throw cause;
    throw new Refusal(source === null ? cause.message : `${cause.message} (it is from ${source})`);
  }
}

interface Asking {
  readonly keys: readonly ClusterKey[];
  readonly wait: number;
  readonly signal: AbortSignal;
}

async function findAddresses(world: CircuitWorld, flags: Flags, asking: Asking): Promise<Found> {
  const dialled = flags.all("dial").filter((address) => address !== "");
  if (dialled.length > 0) return { addresses: dialled, source: null };
  const group = flags.text("discover");
  if (group) return search(world, { group, source: "--discover" }, asking);
  const { CIRCUIT: file, CIRCUIT_DISCOVER: usual } = world.env;
  if (file) return readCircuit(world, file);
  if (usual && group === null) return search(world, { group: usual, source: "$CIRCUIT_DISCOVER" }, asking);
  return { addresses: [DEFAULT_ADDRESS], source: null, isGuess: true };
}

/** `$CIRCUIT` is a file with an address, as in Circuit; an address itself is taken too. */
async function readCircuit(world: CircuitWorld, value: string): Promise<Found> {
  if (value.startsWith("circuit://")) return { addresses: [value], source: "$CIRCUIT" };
  // The tutorial has "~/.circuit" in quotes, which the shell leaves as it is.
  const file = value.startsWith("~/") && world.env["HOME"] ? `${world.env["HOME"]}${value.slice(1)}` : value;
  const text = await world.readText(file);
  if (!text.ok) throw new Refusal(`Cannot read the address in "${file}", which $CIRCUIT names: ${text.failure}`);
  const addresses = text.value
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (addresses.length === 0)
    throw new Refusal(`There is no address in "${file}", which $CIRCUIT names: circuit start prints one in its first line`);
  return { addresses, source: `"${file}", which $CIRCUIT names` };
}

async function search(
  world: CircuitWorld,
  { group: text, source }: { readonly group: string; readonly source: string },
  asking: Asking,
): Promise<Found> {
  const { parseGroup } = await import("../../core/options/cluster.js");
  const group = parseGroup(text);
  if (group === null) throw new Refusal(`"${text}", from ${source}, is no multicast address such as 228.8.8.8:8822`, 2);
  const found = await world.search({ group, ...asking });
  if (!found.ok) throw new Refusal(`Cannot look for servers at "${text}", from ${source}: ${found.failure}`);
  if (found.value.length > 0) return { addresses: found.value, source: `the multicast group "${text}"` };
  throw new Refusal(`No server has answered at "${text}", from ${source}; ${WAYS}`);
}

async function readKeys(world: CircuitWorld, flags: Flags): Promise<readonly ClusterKey[]> {
  const file = flags.text("hmac") ?? world.env["CIRCUIT_HMAC"];
  if (!file) return [];
  const read = await world.readKeyFile(file);
  if (!read.ok) throw new Refusal(read.failure);
  if (read.value.warning !== null) complain(`warning: ${read.value.warning}`, world.stderr);
  return read.value.keys;
}

function readTimeout(flags: Flags): number {
  const text = flags.text("timeout");
  if (text === null) return DEFAULT_TIMEOUT;
  const seconds = Number(text);
  if (text.trim() === "" || !(seconds > 0) || seconds > 86_400) throw new Refusal(`--timeout takes seconds, not "${text}"`, 2);
  return seconds * 1000;
}
