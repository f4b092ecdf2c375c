/**
 * Keeps one process alive somewhere in a circuit: where it ends, or its host is lost, it is started on the next host.
 *
 *     node watchbot.js ADDRESS[,ADDRESS…] PROGRAM [ARGUMENT …]
 */
import { setTimeout as pause } from "node:timers/promises";
import { CircuitError, dial } from "circusd/circuit";

const [addresses = "", program = "", ...args] = process.argv.slice(2);
const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => ending.abort());
const { signal } = ending;

// With several addresses the watchbot survives the loss of the server that it talks to.
const client = await dial(addresses.split(","), { signal });
for (let turn = 0; !signal.aborted; turn += 1) {
  try {
    const { members } = await client.members({ signal });
    await keep(members[turn % members.length]);
  } catch (error) {
    if (!(error instanceof CircuitError)) throw error;
    if (signal.aborted) break;
    // A lost server is a CircuitError as well: whatever was under way on it fails.
    console.log(`watchbot: ${error.message}`);
    await pause(100);
  }
}
await client.close();

/** Starts the process on one host, and returns when it has ended. */
async function keep({ id, name }) {
  const payload = await client.walk([id, "watchbot", String(process.pid)]).makeProc({ Path: program, Args: args }, { signal });
  try {
    const { Pid } = await payload.peek({ signal });
    console.log(`watchbot: runs on ${name} as ${Pid}`);
    const { Exit, Phase } = await payload.wait({ signal });
    console.log(`watchbot: ended on ${name}, ${Exit?.Body ?? Phase}`);
  } finally {
    // It may have been interrupted, or the connection lost: nothing is to be left there.
    await payload.scrub({ kill: true }).catch(() => undefined);
  }
}
