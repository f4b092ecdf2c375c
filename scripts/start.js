// @ts-check
/** Installs, builds and runs the quickstart example, and says what to try. */
import { spawn } from "node:child_process";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { build, inOrder, install, root } from "./steps.js";

const PAGE = "http://127.0.0.1:8080/";
const CONSOLE = "http://127.0.0.1:8888/";
/** Milliseconds between two looks at whether the workers answer. */
const PAUSE = 100;

const HINTS = `
circusd runs two workers behind one socket. Look at them in a browser, and kill one there:

  ${CONSOLE}

In a second terminal, in this directory, try

  curl ${PAGE}                     # several times: both workers answer
  node bin/circusctl.js status                     # what runs
  node bin/circusctl.js incr web                   # a third worker
  node bin/circusctl.js list web                   # their pids: kill one, and look again
  node bin/circusctl.js reload web                 # new workers, no request lost
  node bin/circusctl.js tail -f web                # what they write
  node bin/circus-top.js                           # processor time and memory, live

The configuration is examples/quickstart/circus.ini. Ctrl-C stops everything.
`;

await inOrder(install, build);

// In a session of its own: a Ctrl-C may come from the terminal and from npm as well, and circusd takes a second
// one for impatience.
const daemon = spawn(process.execPath, [path.join(root, "bin", "circusd.js"), "circus.ini"], {
  cwd: path.join(root, "examples", "quickstart"),
  stdio: "inherit",
  detached: true,
});
const stopped = new AbortController();
let asked = false;
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => {
    if (!asked) daemon.kill("SIGTERM");
    asked = true;
  });
}
daemon.once("exit", (code) => {
  stopped.abort();
  process.exitCode = code ?? 1;
});

while (!stopped.signal.aborted && !(await answers())) await delay(PAUSE);
if (!stopped.signal.aborted) console.log(HINTS);

async function answers() {
  try {
    const reply = await fetch(PAGE, { signal: stopped.signal });
    return (await reply.text()).startsWith("Hello from worker");
  } catch {
    return false;
  }
}
