/** Graceful reloads of a web server on a shared socket while clients ask it without pause. */
import { Program, programPath } from "../program.js";
import { pause } from "../samples.js";
import { Subject } from "../subject.js";
import type { Line } from "../table.js";

const RELOADS = 4;
/** Milliseconds between two reloads. */
const BETWEEN = 500;

export async function reload(): Promise<readonly Line[]> {
  const fresh = await failures("new");
  const kept = await failures("keep-alive");
  const target = { atMost: 0 };
  return [
    { what: "4 reloads, new connections: failed requests", unit: "", ours: fresh.failed, target, circus: "0" },
    { what: "… of so many", unit: "", ours: fresh.requests },
    { what: "… slowest answer", unit: "ms", ours: fresh.longest },
    { what: "4 reloads, keep-alive: failed requests", unit: "", ours: kept.failed, target, circus: "25" },
    { what: "… of so many", unit: "", ours: kept.requests },
    { what: "… slowest answer", unit: "ms", ours: kept.longest },
  ];
}

interface Outcome {
  readonly requests: number;
  readonly failed: number;
  /** Milliseconds. */
  readonly longest: number;
}

async function failures(connections: "new" | "keep-alive"): Promise<Outcome> {
  const worker = `${process.execPath} ${programPath("http-worker")} $(circus.sockets.web)`;
  await using subject = await Subject.start(
    `[socket:web]\nhost = 127.0.0.1\nport = 0\nbacklog = 511\n[watcher:web]\ncmd = ${worker}\nuse_sockets = True\nnumprocesses = 2\n`,
  );
  await subject.client.call("start", { name: "web", waiting: true });
  const { sockets } = await subject.client.call("listsockets", {});
  const port = sockets[0]?.port;
  await using load = new Program("http-load", String(port), connections);
  const result = load.result();
  for (let done = 0; done < RELOADS; done++) {
    await pause(BETWEEN);
    await subject.client.call("reload", { name: "web", waiting: true });
  }
  await pause(BETWEEN);
  load.finish();
  const figures = await result;
  return { requests: figures.number("requests"), failed: figures.number("failed"), longest: figures.number("longest") };
}
