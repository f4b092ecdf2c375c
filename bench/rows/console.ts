/** The console's page: what a first look transfers, and how soon a death is seen. */
import type { Page } from "playwright-core";
import { once } from "node:events";
import { WebSocket } from "ws";
import { openBrowser } from "../../test/helpers/browser.js";
import { eventually } from "../../test/helpers/facts.js";
import { largest, median, pause, until } from "../samples.js";
import { Subject } from "../subject.js";
import type { Line } from "../table.js";

const DEATHS = 20;
/** Milliseconds after which the death of a worker counts as its first, with a margin. */
const MATURE = 1500;
const INI = `[watcher:web]\ncmd = sleep 3600\nnumprocesses = ${DEATHS}\n`;

export async function console(): Promise<readonly Line[]> {
  const ends: (() => Promise<void>)[] = [];
  const cleanup = { after: (run: () => Promise<void>): void => void ends.unshift(run) };
  await using subject = await Subject.start(INI, { statsd: true, httpd: true });
  try {
    const host = await hostOf(subject);
    const browser = await openBrowser(cleanup);
    const page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
    const weight = await weigh(page, `http://${host}/`);
    await page.goto(`http://${host}/watchers/web`);
    await page
      .locator("table.processes td.pid")
      .nth(DEATHS - 1)
      .waitFor();
    await pause(MATURE);
    const { page: pixels, feed } = await deaths(subject, { page, host });
    const line = { unit: "ms" };
    return [
      { what: "page, first look, compressed", unit: "kB", ours: weight / 1000, target: { atMost: 150 } },
      { ...line, what: "killed → gone from the page, median", ours: median(pixels), floor: median(feed), target: { atMost: 200 } },
      { ...line, what: "killed → gone from the page, worst", ours: largest(pixels), floor: largest(feed), target: { atMost: 200 } },
    ];
  } finally {
    for (const end of ends) await end();
  }
}

async function hostOf(subject: Subject): Promise<string> {
  const { sockets } = await subject.client.call("listsockets", {});
  const host = `localhost:${sockets.find(({ name }) => name === "circushttpd")?.port ?? 0}`;
  let answers = false;
  const ask = async (): Promise<void> => {
    while (!answers)
      answers = await fetch(`http://${host}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      );
  };
  void ask();
  await until(() => answers, "circushttpd");
  return host;
}

/** Bytes of all answers of a first visit, heads included, as they went over the wire. */
async function weigh(page: Page, url: string): Promise<number> {
  const session = await page.context().newCDPSession(page);
  let bytes = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await session.send("Network.enable");
  await page.goto(url);
  await page.locator("table.watchers").first().waitFor();
  await session.detach();
  return bytes;
}

/** Milliseconds from each kill to the frame in which the page has lost it, and to the event in another feed. */
async function deaths(
  subject: Subject,
  { page, host }: { readonly page: Page; readonly host: string },
): Promise<{ readonly page: readonly number[]; readonly feed: readonly number[] }> {
  const socket = new WebSocket(`ws://${host}/api/v1/feed`);
  await once(socket, "open");
  const heard = new Map<string, number>();
  socket.on("message", (data: Buffer) => {
    const pid = /"topic":"watcher\.web\.reap".*"process_pid":(\d+)/.exec(data.toString())?.[1];
    if (pid !== undefined) heard.set(pid, Date.now());
  });
  socket.send(JSON.stringify({ type: "open", daemon: "local" }));
  await once(socket, "message");
  await page.evaluate(`window.gone = {};
    new MutationObserver(() => requestAnimationFrame(() => {
      const now = Date.now();
      const shown = new Set([...document.querySelectorAll("table.processes td.pid")].map((cell) => cell.textContent));
      for (const pid of window.known ?? []) if (!shown.has(pid)) window.gone[pid] ??= now;
      window.known = [...(window.known ?? []), ...shown];
    })).observe(document.body, { subtree: true, childList: true, characterData: true });`);
  const samples: { readonly page: number; readonly feed: number }[] = [];
  const pids = await subject.pids("web");
  // The page's rules let nothing be made of text inside it, which waiting for a function would be: it is asked again and again.
  const look = (expression: string) => eventually(() => page.evaluate(expression), Boolean).then(Number);
  await look("window.known?.length > 0");
  for (const pid of pids) {
    const killed = Date.now();
    process.kill(pid, "SIGKILL");
    const gone = await look(`window.gone[${pid}]`);
    await until(() => heard.has(String(pid)), `the death of ${pid}`);
    samples.push({ page: gone - killed, feed: (heard.get(String(pid)) ?? Number.NaN) - killed });
    await pause(100);
  }
  socket.terminate();
  return { page: samples.map((one) => one.page), feed: samples.map((one) => one.feed) };
}
