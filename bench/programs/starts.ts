/** The floor of starting processes: fork and exec in a bare loop. Arguments: how many, and "pipes" for one pipe each. */
import { loadNative, type FileAction } from "../../src/os/native.js";

const [count = "1000", pipes] = process.argv.slice(2);
const native = loadNative();
const pids: number[] = [];

function start(): void {
  const actions: FileAction[] = [{ do: "open", path: "/dev/null", as: 0 }];
  const pipe = pipes === "pipes" ? native.pipe() : null;
  if (pipe?.ok) actions.push({ do: "dup", fd: pipe.value.write, as: 1 });
  const started = native.spawn({ path: "/usr/bin/sleep", argv: ["sleep", "3600"], env: [], actions });
  if (!started.ok) throw new Error(started.failure);
  pids.push(started.value);
  if (pipe?.ok) native.close(pipe.value.write);
}

const begun = performance.now();
for (let done = 0; done < Number(count); done++) start();
const milliseconds = performance.now() - begun;
for (const pid of pids) native.kill(pid, 9);
console.log(JSON.stringify({ milliseconds }));
