/** The floor of replacing what dies: SIGCHLD, waitpid and a new process in a bare loop. Argument: how many to kill one by one. */
import { loadNative } from "../../src/os/native.js";

const MANY = 100;
const native = loadNative();
const alive = new Set<number>();
let replaced: () => void = () => undefined;

function start(): number {
  const made = native.spawn({
    path: "/usr/bin/sleep",
    argv: ["sleep", "3600"],
    env: [],
    actions: [{ do: "open", path: "/dev/null", as: 0 }],
  });
  if (!made.ok) throw new Error(made.failure);
  alive.add(made.value);
  return made.value;
}

process.on("SIGCHLD", () => {
  for (let dead = native.peekDead(); dead !== null; dead = native.peekDead()) {
    native.reap(dead);
    alive.delete(dead);
    start();
    replaced();
  }
});

/** Milliseconds until as many successors run as were killed. */
function kill(pids: readonly number[]): Promise<number> {
  return new Promise((resolve) => {
    let left = pids.length;
    const begun = performance.now();
    replaced = () => {
      left -= 1;
      if (left === 0) resolve(performance.now() - begun);
    };
    for (const pid of pids) native.kill(pid, 9);
  });
}

const keepAlive = setInterval(() => undefined, 1000);
for (let done = 0; done < MANY; done++) start();
const single: number[] = [];
for (let done = 0; done < Number(process.argv[2]); done++) single.push(await kill([...alive].slice(0, 1)));
const all = await kill([...alive]);
process.removeAllListeners("SIGCHLD");
for (const pid of alive) native.kill(pid, 9);
clearInterval(keepAlive);
console.log(JSON.stringify({ single, all }));
